select authority, sum(unanswered)::bigint, min(concern_at)
from read_model.request_list
where concern_open and unanswered > 0
group by authority
