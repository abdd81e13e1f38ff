-- It begins with the caller's viewers: whether others have an entry changes neither pages nor rows.
select distinct found.request
from unnest($3::text[]) as asked(viewer)
cross join lateral (
    select i.request
    from vault.viewer_index i
    where i.authority = $1 and i.kind = $2 and i.viewer = asked.viewer and i.digest = $4
    order by i.request desc
    limit 20
) found
