select clock, received_at, started_at, ended_at, ended_by, elapsed_ms, paused_ms, working_days, met,
    status = 'cancelled' as cancelled, settled_position,
    case when $4::text is not null then dimensions -> $4 end as codes,
    request_id, spell, coalesce(dimensions -> $5 ? $6, $5::text is null) as held
from read_model.response_times
where authority = $1 and workflow = $2 and settled_position > $3
