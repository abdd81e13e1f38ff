select to_jsonb(t) as row
from read_model.request_list t
where authority = $1 and requester = $2 and (not $3 or not ended)
    and ($4::timestamptz is null or (received_at, request_id) < ($4, $5))
    and request_id <> all($6::uuid[])
order by received_at desc, request_id desc
limit $7
