select position, authority, stream, stream_kind, version, event_type, schema_version, occurred_at,
    recorded_at, actor, on_behalf_of, command_id, command_ordinal, correlation, causation,
    definition, audience, provenance, body, key_ids, sealed
from event_log.events
where (authority, stream, version) > ($1, $2, $3) and position <= $4 and stream_kind = 'request'
order by authority, stream, version
limit $5
