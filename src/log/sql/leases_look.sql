select name, epoch, position,
    coalesce(lease_owner = $2, false) as is_mine,
    lease_owner is not null and lease_until >= clock_timestamp() as is_held,
    coalesce((select max(last_position) from event_log.appends), 0) as head,
    (select count(*) from reader.replicas where until >= clock_timestamp()) as replica_count
from reader.cursors
where name = any($1)
order by name
