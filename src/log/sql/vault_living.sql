select count(*)
from unnest($2::text[], $3::uuid[]) as w(kind, subject)
join vault.keys k
    on k.authority = $1 and k.subject_kind = w.kind and k.subject = w.subject
where k.wrapped is not null
