delete from {table} t
using unnest($1::text[], $2::uuid[]) as w(authority, request_id)
where t.authority = w.authority and t.request_id = w.request_id
