-- Whose messages are taken from the broker, and messages that wait for a person to look at them.
create table access.broker_users (
    name text primary key,
    authority text not null,
    principal text not null,
    allowed_at timestamptz not null default clock_timestamp()
);
grant select, insert, update, delete on access.broker_users to rfa_app;

create schema intake;
create table intake.parked (
    id uuid primary key,
    -- as the broker checked it; null where there was none
    sender text,
    reason text not null,
    detail text not null,
    byte_count bigint not null,
    -- null where the message was too large to be kept, and once it is settled
    key_id uuid,
    sealed bytea,
    times integer not null default 1,
    first_at timestamptz not null default clock_timestamp(),
    last_at timestamptz not null default clock_timestamp(),
    settled_at timestamptz,
    settled_as text check (settled_as in ('taken', 'discarded'))
);
create index parked_that_wait on intake.parked (first_at, id) where settled_at is null;
grant usage on schema intake to rfa_app;
grant select, insert, update on intake.parked to rfa_app;
