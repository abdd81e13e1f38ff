select request_id, reference
from read_model.request_list
where authority = $1 and request_id = any($2)
