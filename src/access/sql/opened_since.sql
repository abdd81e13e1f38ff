select asked.request_id
from unnest($4::uuid[], $5::timestamptz[]) as asked (request_id, since)
where exists (
    select 1
    from access.readings r
    where r.authority = $1 and r.request_id = asked.request_id and r.principal = $2 and r.opened = $3
        and r.at >= asked.since
)
