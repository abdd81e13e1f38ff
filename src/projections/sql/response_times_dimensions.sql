select distinct jsonb_object_keys(dimensions) as dimension
from read_model.response_times
where authority = $1 and workflow = $2 and spell = 0
order by 1
