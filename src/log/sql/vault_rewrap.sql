update vault.keys k set wrapped = n.after
from unnest($1::uuid[], $2::bytea[], $3::bytea[]) as n(key_id, before, after)
where k.key_id = n.key_id and k.wrapped = n.before
