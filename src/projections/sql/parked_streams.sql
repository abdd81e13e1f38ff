select name, authority, stream, from_position, reason
from reader.parked
where name = any($1)
order by name, parked_at, authority, stream
