create table if not exists {table} (
    authority text not null,
    request_id uuid not null,
    clock text not null,
    spell int not null,
    rung text,
    occurrence int,
    next_at timestamptz,
    detail jsonb,
    primary key (request_id, authority, clock, spell)
);
create index on {table} (next_at, authority, request_id, clock, spell) where next_at is not null;
