-- no flush: a lease that a crash takes back is a lease that has run out
insert into reader.cursors as c (name, epoch, position, lease_owner, lease_until)
values ($1, $2, 0, $3, clock_timestamp() + $4::bigint * interval '1 millisecond')
on conflict (name) do update
set lease_owner = excluded.lease_owner, lease_until = excluded.lease_until
where c.lease_owner = excluded.lease_owner or c.lease_until < clock_timestamp()
    or c.lease_owner is null
returning epoch, position,
    coalesce((select max(last_position) from event_log.appends), 0) as head,
    set_config('synchronous_commit', 'off', true)
