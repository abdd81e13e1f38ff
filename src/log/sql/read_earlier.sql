select e.position, e.authority, e.stream, e.stream_kind, e.version, e.event_type, e.schema_version,
    e.occurred_at, e.recorded_at, e.actor, e.on_behalf_of, e.command_id, e.command_ordinal,
    e.correlation, e.causation, e.definition, e.audience, e.provenance, e.body,
    '{}'::uuid[] as key_ids, '{}'::bytea[] as sealed
from unnest($1::text[], $2::uuid[], $3::int[]) as asked(authority, stream, before_version)
cross join lateral (
    select * from event_log.events
    where authority = asked.authority and stream = asked.stream and version < asked.before_version
    order by version
) as e
