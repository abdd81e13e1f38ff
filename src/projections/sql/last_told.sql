select distinct on (a.request_id) a.request_id, l.reference, l.team, l.ended, a.occurred_at,
    a.coded ->> $4 as answer
from read_model.acts a
join read_model.request_list l using (authority, request_id)
where a.authority = $1 and a.workflow = $2 and a.event = $3 and a.position <= $5
order by a.request_id, a.number desc
