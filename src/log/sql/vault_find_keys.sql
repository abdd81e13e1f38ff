select k.key_id, k.wrapped
from unnest($2::text[], $3::uuid[]) with ordinality as w(kind, subject, i)
left join lateral (
    select k.key_id, k.wrapped from vault.keys k
    where k.authority = $1 and k.subject_kind = w.kind and k.subject = w.subject
    limit 1
) k on true
order by w.i
