-- Who has looked a child up by a number, with which kind of number and why; and which requests they
-- were shown. Rows are added and never changed. The number itself is not kept, not even as a digest:
-- there are so few numbers that one could be tried against all of them.
create table access.searches (
    id bigint generated always as identity primary key,
    authority text not null,
    principal text not null,
    kind text not null,
    reason text not null,
    over_budget boolean not null,
    call uuid not null default gen_random_uuid(),
    at timestamptz not null default clock_timestamp()
);
create index searches_by_principal on access.searches (authority, principal, at);

create table access.searches_shown (
    search_id bigint not null references access.searches,
    request_id uuid not null,
    at timestamptz not null default clock_timestamp(),
    primary key (search_id, request_id)
);
