insert into access.readings (authority, request_id, principal, opened, call)
select distinct $1, request_id, $2, $3, $4::uuid
from unnest($5::uuid[]) as request_id
