select k.key_id, k.wrapped
from unnest($2::text[], $3::uuid[]) with ordinality as w(kind, subject, i)
left join vault.keys k
    on k.authority = $1 and k.subject_kind = w.kind and k.subject = w.subject
order by w.i
