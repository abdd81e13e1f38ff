select told.request_id, l.reference, stood.team, stood.ended, told.occurred_at
from (
    select distinct on (request_id) authority, request_id, occurred_at, coded ->> $4 as answer
    from read_model.acts
    where authority = $1 and workflow = $2 and event = $3 and position <= $5
    order by request_id, number desc
) as told
cross join lateral (
    select a.team, a.state, a.ended
    from read_model.acts a
    where a.request_id = told.request_id and a.authority = told.authority and a.position <= $5
    order by a.number desc
    limit 1
) as stood
left join read_model.request_list l
    on l.request_id = told.request_id and l.authority = told.authority
where told.answer = $6 and (cardinality($7::text[]) = 0 or stood.state = any($7))
order by told.occurred_at, told.request_id
