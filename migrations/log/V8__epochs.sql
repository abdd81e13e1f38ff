-- Which histories this log has had: a restore or a promotion begins a new one after the last
-- position that it kept.
create table event_log.epochs (
    epoch uuid primary key,
    began_after bigint not null,
    began_at timestamptz not null default clock_timestamp(),
    -- the Postgres that writes it; another one means that this is another history
    cluster text not null
);

-- Changed by a restore into another cluster, and by every recovery that ends in a promotion.
create function event_log.cluster_now() returns text language sql volatile
set search_path = pg_catalog, pg_temp as $$
    select s.system_identifier || '/' || left(pg_walfile_name(pg_current_wal_lsn()), 8)
    from pg_control_system() s
$$;

insert into event_log.epochs (epoch, began_after, cluster)
select epoch, 0, event_log.cluster_now() from event_log.meta;

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

create trigger no_change before update or delete or truncate on event_log.epochs
    for each statement execute function event_log.refuse();
grant select on event_log.epochs to rfa_app;
revoke all on function event_log.begin_epoch, event_log.enter_epoch from public;
grant execute on function event_log.enter_epoch to rfa_app;
