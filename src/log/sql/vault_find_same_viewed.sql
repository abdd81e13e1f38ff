select distinct o.request
from vault.blind_index m
cross join unnest($3::text[]) as asked(viewer)
join vault.viewer_index o
    on o.authority = m.authority and o.kind = m.kind and o.viewer = asked.viewer
    and o.digest = m.digest
where m.authority = $1 and m.request = $2 and o.request <> $2 and m.kind <> all($4::text[])
