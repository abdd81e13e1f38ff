select team, worker, state, count(*) as count, min(received_at) as oldest_at,
    max(received_at) as newest_at, count(*) filter (where waiting) as waiting
from read_model.team_caseloads
where authority = $1 and not ended and ($2::text is null or team = $2)
group by team, worker, state
order by team, worker nulls first, state
