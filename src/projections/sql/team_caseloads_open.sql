select c.request_id, c.team, c.worker, c.state, c.waiting, c.received_at, c.from_at, l.codes,
    l.claimed_by is not null as claimed
from read_model.team_caseloads c
join read_model.request_list l using (authority, request_id)
where c.authority = $1 and c.from_at <= $2 and coalesce(c.to_at, 'infinity'::timestamptz) > $2
order by c.team, c.worker nulls first, c.state
