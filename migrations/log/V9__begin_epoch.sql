-- Readers of the epoch before go on where they are, unless they are ahead of the log.
create function event_log.begin_epoch()
returns table (epoch uuid, began_after bigint, before uuid, moved text[], still text[])
language plpgsql volatile set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
begin
    -- appends that run are finished; the next ones see the new epoch and are refused
    perform pg_advisory_xact_lock(7740263, 1);
    select m.epoch into before from event_log.meta m;
    update event_log.meta m set epoch = gen_random_uuid() returning m.epoch into epoch;
    insert into event_log.epochs as e (epoch, began_after, cluster)
    select epoch, coalesce(max(a.last_position), 0), event_log.cluster_now()
    from event_log.appends a
    returning e.began_after into began_after;
    with u as (
        update reader.cursors c set epoch = begin_epoch.epoch, lease_owner = null, lease_until = null
        where c.epoch = begin_epoch.before and c.position <= begin_epoch.began_after
        returning c.name
    ) select array_agg(u.name order by u.name) into moved from u;
    with u as (
        update reader.cursors c set lease_owner = null, lease_until = null
        where c.epoch <> begin_epoch.epoch
        returning c.name
    ) select array_agg(u.name order by u.name) into still from u;
    return next;
end $$;

revoke all on function event_log.begin_epoch from public;
