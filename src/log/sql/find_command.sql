select stream, fingerprint, position + command_count - 1 as position,
    version + command_count - 1 as version, recorded_at
from event_log.events
where authority = $1 and command_id = $2 and command_ordinal = 0
