-- The application reads the log and appends through the function; nobody changes what is written.
-- Roles belong to the cluster: databases that migrate at the same time may meet in either step.
do $$ begin
    if not exists (select from pg_roles where rolname = 'rfa_app') then
        create role rfa_app nologin;
    end if;
exception when duplicate_object or unique_violation then null;
end $$;
do $$ begin
    if not pg_has_role(current_user, 'rfa_app', 'usage') then
        execute format('grant rfa_app to %I', current_user);
    end if;
exception when unique_violation or internal_error then null;
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
