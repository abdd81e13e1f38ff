select to_jsonb(t) as row
from read_model.request_list t
where authority = $1
    and ($2::text is null or team = $2)
    and ($3::text is null or requester = $3)
    and ($4::text is null or agency = $4)
    and ($5::text is null or state = $5)
    and (not $6 or not ended)
    and ($7 or not restricted)
    and ($8::timestamptz is null or (received_at, request_id) > ($8, $9))
order by received_at, request_id
limit $10
