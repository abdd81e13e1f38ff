select e.position, e.authority, e.stream, e.stream_kind, e.version, e.event_type, e.schema_version,
    e.occurred_at, e.recorded_at, e.actor, e.on_behalf_of, e.command_id, e.command_ordinal,
    e.correlation, e.causation, e.definition, e.audience, e.provenance, e.body, e.key_ids, e.sealed,
    asked.nth
from unnest($1::text[], $2::uuid[], $3::int[])
    with ordinality as asked(authority, stream, after_version, nth)
cross join lateral (
    select * from event_log.events
    where authority = asked.authority and stream = asked.stream and version > asked.after_version
    order by version
) as e
