select authority, count(*), min(concern_at)
from read_model.request_list
where concern_open
group by authority
