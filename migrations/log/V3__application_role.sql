-- The application reads the log and appends through the function; nobody changes what is written.
do $$ begin
    perform pg_advisory_xact_lock(7740263, 2);
    if not exists (select from pg_roles where rolname = 'rfa_app') then
        create role rfa_app nologin;
    end if;
    if not pg_has_role(current_user, 'rfa_app', 'member') then
        execute format('grant rfa_app to %I', current_user);
    end if;
end $$;

create function event_log.refuse() returns trigger language plpgsql as $$
begin
    raise 'the event log is append-only: % on % refused', tg_op, tg_table_name
        using errcode = 'insufficient_privilege';
end $$;

create trigger no_change before update or delete or truncate on event_log.events
    for each statement execute function event_log.refuse();
create trigger no_change before update or delete or truncate on event_log.appends
    for each statement execute function event_log.refuse();

revoke all on function event_log.log_append from public;
grant usage on schema event_log to rfa_app;
grant select on event_log.events, event_log.appends, event_log.meta to rfa_app;
grant execute on function event_log.log_append to rfa_app;
