select request_id, clock, spell, received_at, started_at, ended_at, ended_by, elapsed_ms,
    paused_ms, working_days, met, status = 'cancelled' as cancelled,
    case when elapsed_ms is null or ended_at > $8 or started_at < $6 then detail end as detail,
    case when $9::text is not null then dimensions -> $9 end as codes,
    dimensions ->> 'team' as team
from read_model.response_times
where authority = $1 and workflow = $2 and clock between $3 and $12 and spell > 0
    and started_at >= $4 and started_at < $5
    and (ended_at is null or ended_at >= $6)
    and position <= $7
    and ($10::text is null or dimensions -> $10 ? $11)
