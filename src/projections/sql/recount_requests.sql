select distinct request_id
from {table}
where authority = $1 and {condition} and request_id > $2
order by request_id
limit $3
