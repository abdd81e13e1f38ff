select to_jsonb(t) as row
from read_model.request_list t
where authority = $1
    and ($2::text is null or team = $2)
    and ($3::text is null or requester = $3
        or (held_by = 'requester' and not ended and agency = any($9::text[])))
    and ($4::text is null or agency = $4)
    and ($5::text is null or case when restricted then $10 else state end = $5)
    and (not $6 or not ended)
    and ($7::timestamptz is null or (received_at, request_id) > ($7, $11))
order by received_at, request_id
limit $8
