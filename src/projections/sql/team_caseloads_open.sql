-- Spans that last, and of those that have ended the ones that lasted then: each by a range of one index.
select c.request_id, c.team, c.worker, c.state, c.waiting, c.received_at, c.from_at, l.codes,
    l.claimed
from (
    select request_id, team, worker, state, waiting, received_at, from_at
    from read_model.team_caseloads
    where authority = $1 and to_at is null and from_at <= $2
    union all
    select request_id, team, worker, state, waiting, received_at, from_at
    from read_model.team_caseloads
    where authority = $1 and to_at > $2 and from_at <= $2
) c
cross join lateral (
    select codes, claimed_by is not null as claimed
    from read_model.request_list
    where request_id = c.request_id and authority = $1
    limit 1
) l
order by c.team, c.worker nulls first, c.state
