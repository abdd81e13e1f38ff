update reader.cursors c
set position = $5
from (
    select name from reader.cursors
    where name = any($1) and epoch = $2 and lease_owner = $3 and position = $4
        and exists (select from event_log.meta where epoch = $2)
    order by name for update skip locked
) as mine
where c.name = mine.name
returning c.name
