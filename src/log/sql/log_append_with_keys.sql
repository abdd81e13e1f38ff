with made as (
    insert into vault.keys (key_id, authority, subject_kind, subject, wrapped)
    select id, authority, kind, subject, wrapped
    from unnest($27::uuid[], $28::text[], $29::text[], $30::uuid[], $31::bytea[])
        as k(id, authority, kind, subject, wrapped)
), indexed as (
    insert into vault.blind_index (authority, kind, digest, child, request)
    select distinct authority, kind, digest, child, request
    from unnest($32::text[], $33::text[], $34::bytea[], $35::uuid[], $36::uuid[])
        as x(authority, kind, digest, child, request)
)
select verdict, position_last, version_now, at
from event_log.log_append($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16,
    $17, $18, $19, $20, $21, $22, $23, $24, $25, $26)
