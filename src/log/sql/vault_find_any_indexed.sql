select distinct b.request
from unnest($2::text[], $3::bytea[]) as asked (kind, digest)
join vault.blind_index b
    on b.authority = $1 and b.kind = asked.kind and b.digest = asked.digest
