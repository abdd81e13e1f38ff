select to_json(t) as row
from unnest($1::uuid[]) as w(request_id)
cross join lateral (select * from {table} where request_id = w.request_id order by {key}) t
