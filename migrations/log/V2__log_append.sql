-- The only way in. One autocommit statement: lock, read the tip, judge every command, insert, link.
-- Volatile and read committed: every inner statement sees what was there once the lock was held.
-- Its plan may be made while the log is empty: `limit 1` makes the search for a command a probe.
create function event_log.log_append(
    p_epoch uuid, p_authority text[], p_stream uuid[], p_kind text[], p_expected int[], p_count smallint[],
    p_command uuid[], p_fingerprint bytea[], p_actor text[], p_behalf text[], p_correlation uuid[],
    p_causation uuid[], p_definition bytea[], p_provenance text[],
    p_of int[], p_ordinal smallint[], p_type text[], p_schema smallint[], p_occurred timestamptz[],
    p_audience text[], p_body bytea[], p_key uuid[], p_sealed bytea[], p_key_2 uuid[], p_sealed_2 bytea[], p_hash bytea[])
returns table (verdict "char", position_last bigint, version_now int, at timestamptz)
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
    tip bigint; tip_at timestamptz; tip_link bytea; stamp timestamptz;
begin
    if current_setting('transaction_isolation') <> 'read committed' then
        raise 'log_append needs read committed';
    end if;
    if p_epoch is distinct from (select m.epoch from event_log.meta m where m.only_row) then
        raise 'the log was restored since this writer started' using errcode = 'RFA01';
    end if;
    perform pg_advisory_xact_lock(7740263, 1);
    select a.last_position, a.recorded_at, a.link into tip, tip_at, tip_link
    from event_log.appends a order by a.last_position desc limit 1;
    tip := coalesce(tip, 0); stamp := greatest(clock_timestamp(), tip_at + interval '1 microsecond');
    return query
    with c as materialized (
        select t.*, d.version as dversion, d.position as dposition, d.command_count as dcount,
            d.fingerprint as dfingerprint, d.recorded_at as dat, coalesce(h.version, 0) as head
        from unnest(p_authority, p_stream, p_kind, p_expected, p_count, p_command, p_fingerprint,
                p_actor, p_behalf, p_correlation, p_causation, p_definition, p_provenance)
            with ordinality as t(authority, stream, kind, expected, n, command, fingerprint, actor,
                behalf, correlation, causation, definition, provenance, i)
        left join lateral (
            select e.version, e.position, e.command_count, e.fingerprint, e.recorded_at
            from event_log.events e where e.authority = t.authority
                and e.command_id = t.command and e.command_ordinal = 0 limit 1
        ) d on true
        left join lateral (
            select e.version from event_log.events e
            where e.authority = t.authority and e.stream = t.stream
            order by e.version desc limit 1
        ) h on true
    ), k as materialized (
        select c.*, tip + sum(c.n) over (order by c.i) - c.n + 1 as first
        from c where c.dposition is null and c.expected = c.head
    ), v as materialized (
        select k.first + e.ordinal as position, k.*, e.*
        from k join unnest(p_of, p_ordinal, p_type, p_schema, p_occurred, p_audience, p_body,
                p_key, p_sealed, p_key_2, p_sealed_2, p_hash)
            as e(of, ordinal, type, schema, occurred, audience, body, key, sealed, key_2, sealed_2, hash)
            on e.of = k.i
    ), ins as (
        insert into event_log.events (position, authority, stream, stream_kind, version, event_type,
            schema_version, occurred_at, recorded_at, actor, on_behalf_of, command_id,
            command_ordinal, command_count, fingerprint, correlation, causation, definition,
            audience, provenance, body, key_ids, sealed, hash)
        select v.position, v.authority, v.stream, v.kind, v.head + 1 + v.ordinal, v.type, v.schema,
            v.occurred, stamp, v.actor, v.behalf, v.command, v.ordinal, v.n, v.fingerprint,
            v.correlation, v.causation, v.definition, v.audience, v.provenance, v.body,
            array_remove(array[v.key, v.key_2], null), array_remove(array[v.sealed, v.sealed_2], null),
            v.hash
        from v
    ), link as (
        insert into event_log.appends (last_position, first_position, recorded_at, link)
        select max(v.position), tip + 1, stamp,
            sha256(coalesce(tip_link, ''::bytea) || int8send(tip + 1)
                || int8send((extract(epoch from stamp) * 1000000)::bigint)
                || string_agg(v.hash, ''::bytea order by v.position))
        from v having count(*) > 0
    )
    select (case when c.dposition is not null and c.dfingerprint <> c.fingerprint then 'X'
                 when c.dposition is not null then 'D'
                 when k.i is null then 'C' else 'K' end)::"char",
        coalesce(c.dposition + c.dcount, k.first + c.n) - 1,
        case when c.dposition is not null then c.dversion + c.dcount - 1
             when k.i is null then c.head else c.head + c.n end,
        coalesce(c.dat, case when k.i is not null then stamp end)
    from c left join k on k.i = c.i order by c.i;
end $$;
