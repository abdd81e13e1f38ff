select principal, opened, reason, count(*) as times, min(at) as first_at, max(at) as last_at
from access.readings
where authority = $1 and request_id = $2
group by principal, opened, reason
order by last_at desc, principal, opened, reason
