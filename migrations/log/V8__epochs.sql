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

create trigger no_change before update or delete or truncate on event_log.epochs
    for each statement execute function event_log.refuse();
grant select on event_log.epochs to rfa_app;
