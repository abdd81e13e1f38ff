insert into vault.viewer_index (authority, kind, viewer, digest, request)
select b.authority, b.kind, a.viewer, b.digest, b.request
from unnest($1::text[], $2::uuid[], $3::text[]) as a(authority, request, viewer)
join vault.blind_index b on b.authority = a.authority and b.request = a.request
-- a reference leads to its request by other ways, and has a right to each
where b.kind <> 'reference'
on conflict do nothing
