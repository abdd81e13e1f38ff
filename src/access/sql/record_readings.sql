insert into access.readings (authority, request_id, principal, opened, call, reason)
select distinct $1, request_id, $2, $3, $4::uuid, $6::text
from unnest($5::uuid[]) as request_id
