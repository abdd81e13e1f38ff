select request_id, number, position, event, occurred_at, recorded_at, from_state, state, ended, team,
    left_team, by_requester, received_at, coded, dimensions
from read_model.acts
where authority = $1 and workflow = $2 and occurred_at <= $3 and position <= $4
order by request_id, number
