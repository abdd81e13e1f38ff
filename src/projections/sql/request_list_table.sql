create table if not exists {table} (
    authority text not null, request_id uuid not null, reference text not null,
    workflow text not null, workflow_version int not null,
    state text not null, ended boolean not null, waiting boolean not null, restricted boolean not null,
    team text not null,
    held_by text not null, holder text,
    claimed_by text, lease jsonb, lapses int not null,
    worker text, requester text not null,
    agency text, first_agency text,
    concern_open boolean not null, concerns jsonb not null,
    unanswered int not null, concern_at timestamptz,
    urgency text,
    helped_at timestamptz,
    expected_on date, expected_because text,
    decided_at timestamptz, decision text,
    plan jsonb not null, doers jsonb not null, doing_agencies jsonb not null,
    received_at timestamptz not null, opened_at timestamptz not null, state_since timestamptz not null,
    version int not null, position bigint not null, provenance text not null,
    codes jsonb not null,
    primary key (request_id, authority)
);
create index on {table} (authority, team, received_at, request_id) where not ended;
create index on {table} (authority, concern_at, request_id) where concern_open;
create index on {table} (authority, requester, received_at, request_id);
create index on {table} using gin (doers, doing_agencies);
create index on {table} (authority, requester, decided_at) where decided_at is not null;
create index on {table} (authority, agency) where held_by = 'requester' and not ended;
