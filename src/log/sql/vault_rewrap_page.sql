select key_id, authority, subject_kind, subject, wrapped
from vault.keys
where key_id > $1 and wrapped is not null
order by key_id
limit $2
