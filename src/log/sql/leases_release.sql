update reader.cursors c
set lease_owner = null, lease_until = null
from (
    select name from reader.cursors where name = any($1) and lease_owner = $2
    order by name for update skip locked
) as mine
where c.name = mine.name
