-- Who opened which request, and when. Written before it is shown; never changed. Ids and codes only.
create table access.readings (
    id bigint generated always as identity primary key,
    authority text not null,
    request_id uuid not null,
    principal text not null,
    -- 'content': what was written about the child; 'outline': where it is and who has it;
    -- 'figure': that it stands behind a number, with its events
    opened text not null check (opened in ('content', 'outline', 'figure')),
    call uuid not null,
    at timestamptz not null default clock_timestamp()
);
create index readings_by_request on access.readings (authority, request_id);

grant select, insert on access.readings to rfa_app;
