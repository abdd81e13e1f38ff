-- The present epoch, after a look whether Postgres is still the one that wrote the log.
create function event_log.enter_epoch() returns table (epoch uuid, began_after bigint)
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
    here text := event_log.cluster_now();
begin
    if here is distinct from (
        select e.cluster from event_log.meta m join event_log.epochs e using (epoch)
    ) then
        -- another replica may be entering too
        perform pg_advisory_xact_lock(7740263, 1);
        if here is distinct from (
            select e.cluster from event_log.meta m join event_log.epochs e using (epoch)
        ) then
            perform event_log.begin_epoch();
        end if;
    end if;
    return query
    select e.epoch, e.began_after from event_log.meta m join event_log.epochs e using (epoch);
end $$;

revoke all on function event_log.enter_epoch from public;
grant execute on function event_log.enter_epoch to rfa_app;
