with wanted as (
    select * from unnest($2::text[], $3::uuid[], $4::uuid[], $5::bytea[])
        with ordinality as t(kind, subject, key_id, wrapped, i)
), made as (
    insert into vault.keys (key_id, authority, subject_kind, subject, wrapped)
    select key_id, $1, kind, subject, wrapped from wanted
    on conflict (authority, subject_kind, subject) do nothing
    returning subject_kind, subject, key_id, wrapped
), indexed as (
    insert into vault.blind_index (authority, kind, digest, child, request)
    select $1, kind, digest, child, request
    from unnest($6::text[], $7::bytea[], $8::uuid[], $9::uuid[]) as t(kind, digest, child, request)
    on conflict (authority, kind, digest, request) do nothing
)
select coalesce(m.key_id, k.key_id) as key_id, coalesce(m.wrapped, k.wrapped) as wrapped
from wanted w
left join made m on m.subject_kind = w.kind and m.subject = w.subject
left join lateral (
    select k.key_id, k.wrapped from vault.keys k
    where k.authority = $1 and k.subject_kind = w.kind and k.subject = w.subject
    limit 1
) k on true
order by w.i
