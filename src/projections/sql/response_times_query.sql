select to_jsonb(t) as row
from read_model.response_times t
where authority = $1 and workflow = $2 and spell > 0
    and ($3::text is null or clock = $3) and started_at <= $4
