select request_id, reference, workflow, workflow_version, state, restricted, team, worker, claimed_by,
    lapses, received_at, state_since
from read_model.request_list
where authority = $1 and not ended and position <= $2
order by received_at, request_id
