update reader.cursors c
set lease_owner = $2, lease_until = clock_timestamp() + $4::bigint * interval '1 millisecond'
from (
    select name from reader.cursors
    where name = any($1) and epoch = $3
        and (lease_owner = $2 or lease_owner is null or lease_until < clock_timestamp())
    order by name for update skip locked
) as free
where c.name = free.name
returning c.name, c.position
