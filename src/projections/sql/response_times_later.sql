select request_id
from read_model.response_times
where authority = $1 and workflow = $2 and spell = 0 and position > $3
order by request_id
