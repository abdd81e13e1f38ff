select position, authority, stream, stream_kind, version, event_type, schema_version, occurred_at,
    recorded_at, actor, on_behalf_of, command_id, command_ordinal, correlation, causation,
    definition, audience, provenance, body, key_ids, sealed
from event_log.events
where authority = $1 and stream = any($2) and position <= $3
order by stream, version
