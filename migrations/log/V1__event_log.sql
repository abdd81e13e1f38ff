-- The log itself: append-only, gapless, one link of the chain per append.
create schema event_log;

create table event_log.meta (
    only_row boolean primary key default true check (only_row),
    -- changed by a restore, so that positions of another history are recognised
    epoch uuid not null default gen_random_uuid()
);
insert into event_log.meta default values;

create table event_log.events (
    position bigint primary key,
    authority text not null,
    stream uuid not null,
    stream_kind text not null,
    version int not null,
    event_type text not null,
    schema_version smallint not null,
    occurred_at timestamptz not null,
    recorded_at timestamptz not null,
    actor text not null,
    on_behalf_of text,
    command_id uuid not null,
    command_ordinal smallint not null,
    command_count smallint not null,
    fingerprint bytea not null,
    correlation uuid not null,
    causation uuid,
    definition bytea,
    audience text not null,
    provenance text not null,
    body bytea not null,
    key_ids uuid[] not null,
    sealed bytea[] not null,
    -- made by the writer over all of the above that it knows
    hash bytea not null,
    unique (authority, stream, version)
);

-- receipts are remembered for ever
create unique index events_by_command on event_log.events (authority, command_id)
    where command_ordinal = 0;

-- definitions, organisation, calendars and grants are read whole at start
create index events_declared on event_log.events (position) where stream_kind <> 'request';

create table event_log.appends (
    last_position bigint primary key,
    first_position bigint not null,
    recorded_at timestamptz not null,
    link bytea not null
);
