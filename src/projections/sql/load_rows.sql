select to_jsonb(t) as row
from {table} t
join unnest($1::text[], $2::uuid[]) as w(authority, request_id) using (authority, request_id)
order by {key}
