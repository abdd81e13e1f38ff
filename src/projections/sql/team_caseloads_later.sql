select request_id, codes
from read_model.request_list
where authority = $1 and position > $2
order by request_id
