select authority, stream
from reader.parked
where name = $1 and get_byte(uuid_send(stream), 15) % $4 = any($3)
order by parked_at, authority, stream
limit $2
