create table if not exists {table} (
    authority text not null,
    request_id uuid not null,
    clock text not null,
    spell int not null,
    workflow text not null,
    definition text not null,
    received_at timestamptz not null,
    started_at timestamptz not null,
    ended_at timestamptz,
    status text not null,
    ended_by text,
    elapsed_ms bigint,
    paused_ms bigint,
    working_days int,
    met boolean,
    settled_position bigint,
    detail jsonb,
    dimensions jsonb not null,
    position bigint not null,
    primary key (request_id, authority, clock, spell)
);
create index on {table} (authority, workflow, clock, started_at);
create index on {table} (authority, workflow, position) where spell = 0;
create index on {table} (authority, workflow, settled_position) where settled_position is not null;
create index on {table} (authority, workflow, position) where settled_position is null and spell > 0;
