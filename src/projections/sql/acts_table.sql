create table if not exists {table} (
    authority text not null,
    request_id uuid not null,
    number int not null,
    workflow text not null,
    position bigint not null,
    event text not null,
    occurred_at timestamptz not null,
    recorded_at timestamptz not null,
    from_state text,
    state text not null,
    ended boolean not null,
    team text not null,
    left_team text,
    by_requester boolean not null,
    received_at timestamptz not null,
    coded jsonb not null,
    dimensions jsonb,
    primary key (request_id, authority, number)
);
create index on {table} (authority, workflow, occurred_at);
create index on {table} (authority, workflow, event);
