select distinct b.request
from unnest($2::text[], $3::bytea[]) as asked (kind, digest)
cross join lateral (
    select i.request
    from vault.blind_index i
    where i.authority = $1 and i.kind = asked.kind and i.digest = asked.digest
    order by i.request desc
    limit 20
) as b
