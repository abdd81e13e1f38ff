select request_id, clock, spell, received_at, ended_by, detail, position,
    coalesce(dimensions -> $7 ? $8, $7::text is null) as held,
    case when $6::text is not null then dimensions -> $6 end as codes
from read_model.response_times
where authority = $1 and workflow = $2 and position > $3 and clock between $4 and $5
    and settled_position is null and spell > 0
