-- Keys per child and per request, wrapped by a master key; and the blind index. Lives, is backed up
-- and dies apart from the log.
create schema vault;

create table vault.keys (
    key_id uuid primary key,
    authority text not null,
    subject_kind text not null check (subject_kind in ('child', 'request')),
    subject uuid not null,
    -- null once destroyed: the row stays, so that nobody makes the key anew
    wrapped bytea,
    created_at timestamptz not null default clock_timestamp(),
    destroyed_at timestamptz,
    unique (authority, subject_kind, subject)
);

create table vault.blind_index (
    authority text not null,
    kind text not null,
    digest bytea not null,
    child uuid not null,
    request uuid not null,
    primary key (authority, kind, digest, request)
);
create index blind_index_by_request on vault.blind_index (authority, request);

-- what people quote on the phone means one request
create unique index blind_index_reference on vault.blind_index (authority, digest)
    where kind = 'reference';
