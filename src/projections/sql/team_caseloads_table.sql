create table if not exists {table} (
    authority text not null,
    request_id uuid not null,
    team text not null,
    worker text,
    held_by text not null,
    state text not null,
    waiting boolean not null,
    received_at timestamptz not null,
    since timestamptz not null,
    ended boolean not null,
    primary key (authority, request_id)
);
create index on {table} (authority, team) where not ended;
