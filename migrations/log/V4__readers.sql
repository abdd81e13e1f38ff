-- Who has read how far, and which streams wait for a reader's repair.
create schema reader;

create table reader.cursors (
    name text primary key,
    epoch uuid not null,
    position bigint not null,
    lease_owner uuid,
    lease_until timestamptz
);

create table reader.parked (
    name text not null,
    authority text not null,
    stream uuid not null,
    from_position bigint not null,
    reason text not null,
    parked_at timestamptz not null default clock_timestamp(),
    primary key (name, authority, stream)
);

grant usage on schema reader to rfa_app;
grant select, insert, update, delete on all tables in schema reader to rfa_app;
