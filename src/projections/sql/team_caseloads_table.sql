create table if not exists {table} (
    authority text not null,
    request_id uuid not null,
    span int not null,
    team text not null,
    worker text,
    state text not null,
    waiting boolean not null,
    received_at timestamptz not null,
    from_at timestamptz not null,
    to_at timestamptz,
    primary key (request_id, authority, span)
);
create index on {table} (authority, to_at);
