select request_id, reference, workflow, team, version, concerns
from read_model.request_list
where authority = $1 and concern_open
order by concern_at, request_id
limit $2
