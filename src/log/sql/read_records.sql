select position, authority, stream, stream_kind, version, event_type, schema_version, occurred_at,
    recorded_at, actor, on_behalf_of, command_id, command_ordinal, correlation, causation,
    definition, audience, provenance, body, key_ids, sealed
from event_log.events
where stream_kind <> 'request' and stream_kind = 'record'
order by position
