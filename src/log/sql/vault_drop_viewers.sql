delete from vault.viewer_index x
using unnest($1::text[], $2::uuid[]) as held(authority, request)
where x.authority = held.authority and x.request = held.request
    and not exists (
        select from unnest($3::text[], $4::uuid[], $5::text[]) as a(authority, request, viewer)
        where a.authority = x.authority and a.request = x.request and a.viewer = x.viewer
    )
