with made as (
    insert into vault.keys (key_id, authority, subject_kind, subject, wrapped)
    select id, authority, kind, subject, wrapped
    from unnest($1::uuid[], $2::text[], $3::text[], $4::uuid[], $5::bytea[])
        as k(id, authority, kind, subject, wrapped)
)
insert into vault.blind_index (authority, kind, digest, child, request)
select distinct authority, kind, digest, child, request
from unnest($6::text[], $7::text[], $8::bytea[], $9::uuid[], $10::uuid[])
    as x(authority, kind, digest, child, request)
