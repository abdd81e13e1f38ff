-- What somebody has begun to write in a form and has not sent. Sealed, with a key of its own in the
-- vault, which goes when the draft does; a draft is nobody's record yet.
create schema drafts;

create table drafts.kept (
    id uuid primary key,
    authority text not null,
    principal text not null,
    -- which form: a move of a request, or a new request
    place text not null,
    key_id uuid not null,
    sealed bytea not null,
    begun_at timestamptz not null default clock_timestamp(),
    saved_at timestamptz not null default clock_timestamp(),
    unique (authority, principal, place)
);
create index drafts_by_age on drafts.kept (saved_at);

grant usage on schema drafts to rfa_app;
grant select, insert, update, delete on drafts.kept to rfa_app;
