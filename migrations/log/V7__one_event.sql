-- One command with one event, the daily case, without the arrays' joins: the same lock, the same
-- order of checks, the same verdicts and the same link. Everything else goes the way of many.
alter function event_log.log_append rename to log_append_many;

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
    tip bigint; tip_at timestamptz; tip_link bytea; stamp timestamptz; head int; known record;
begin
    if cardinality(p_command) <> 1 or cardinality(p_of) <> 1 then
        return query select * from event_log.log_append_many(p_epoch, p_authority, p_stream, p_kind,
            p_expected, p_count, p_command, p_fingerprint, p_actor, p_behalf, p_correlation,
            p_causation, p_definition, p_provenance, p_of, p_ordinal, p_type, p_schema, p_occurred,
            p_audience, p_body, p_key, p_sealed, p_key_2, p_sealed_2, p_hash);
        return;
    end if;
    if current_setting('transaction_isolation') <> 'read committed' then
        raise 'log_append needs read committed';
    end if;
    if p_epoch is distinct from (select m.epoch from event_log.meta m where m.only_row) then
        raise 'the log was restored since this writer started' using errcode = 'RFA01';
    end if;
    perform pg_advisory_xact_lock(7740263, 1);
    select e.version, e.position, e.command_count, e.fingerprint, e.recorded_at into known
    from event_log.events e where e.authority = p_authority[1]
        and e.command_id = p_command[1] and e.command_ordinal = 0 limit 1;
    if found then
        verdict := case when known.fingerprint <> p_fingerprint[1] then 'X' else 'D' end;
        position_last := known.position + known.command_count - 1;
        version_now := known.version + known.command_count - 1;
        at := known.recorded_at;
        return next; return;
    end if;
    select e.version into head from event_log.events e
    where e.authority = p_authority[1] and e.stream = p_stream[1]
    order by e.version desc limit 1;
    version_now := coalesce(head, 0);
    if p_expected[1] is distinct from version_now then
        verdict := 'C'; return next; return;
    end if;
    select a.last_position, a.recorded_at, a.link into tip, tip_at, tip_link
    from event_log.appends a order by a.last_position desc limit 1;
    tip := coalesce(tip, 0); stamp := greatest(clock_timestamp(), tip_at + interval '1 microsecond');
    verdict := 'K'; position_last := tip + 1; version_now := version_now + 1; at := stamp;
    insert into event_log.events (position, authority, stream, stream_kind, version, event_type,
        schema_version, occurred_at, recorded_at, actor, on_behalf_of, command_id,
        command_ordinal, command_count, fingerprint, correlation, causation, definition,
        audience, provenance, body, key_ids, sealed, hash)
    values (tip + 1, p_authority[1], p_stream[1], p_kind[1], version_now, p_type[1],
        p_schema[1], p_occurred[1], stamp, p_actor[1], p_behalf[1], p_command[1],
        p_ordinal[1], p_count[1], p_fingerprint[1], p_correlation[1], p_causation[1],
        p_definition[1], p_audience[1], p_provenance[1], p_body[1],
        array_remove(array[p_key[1], p_key_2[1]], null),
        array_remove(array[p_sealed[1], p_sealed_2[1]], null), p_hash[1]);
    insert into event_log.appends (last_position, first_position, recorded_at, link)
    values (tip + 1, tip + 1, stamp,
        sha256(coalesce(tip_link, ''::bytea) || int8send(tip + 1)
            || int8send((extract(epoch from stamp) * 1000000)::bigint) || p_hash[1]));
    return next;
end $$;

revoke all on function event_log.log_append_many, event_log.log_append from public;
revoke all on function event_log.log_append_many from rfa_app;
grant execute on function event_log.log_append to rfa_app;
