insert into notices.subscriptions
    (id, authority, principal, channel, target, occasions, after_position)
select $1, $2, $3, $4, $5, $6,
    greatest(c.position, coalesce((select max(last_position) from event_log.appends), 0))
from reader.cursors c
where c.name = $7
on conflict (id) do nothing
