select distinct request_id
from {table}
where authority = $1 and {condition} and request_id > $2
    and get_byte(uuid_send(request_id), 15) % $5 = any($4)
order by request_id
limit $3
