select team, worker, state, count(*) as count, min(received_at) as oldest_at,
    max(received_at) as newest_at, count(*) filter (where waiting) as waiting
from read_model.team_caseloads
where authority = $1 and ($2::text is null or team = $2)
    and from_at <= $3 and (to_at is null or to_at > $3)
group by team, worker, state
order by team, worker nulls first, state
