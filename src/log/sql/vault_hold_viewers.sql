-- A request's key stays locked until the transaction ends: whoever destroys the record waits for it, and
-- then takes its viewers away as well. A request whose key is destroyed already gets none.
with wanted as (
    select * from unnest($1::text[], $2::uuid[], $3::int[]) as w(authority, request, version)
), living as materialized (
    select w.authority, w.request, w.version
    from wanted w
    join vault.keys k
        on k.authority = w.authority and k.subject_kind = 'request' and k.subject = w.request
    where k.wrapped is not null
    order by w.authority, w.request
    for share of k
)
insert into vault.viewed_requests as v (authority, request, epoch, version)
select authority, request, $4::uuid, version from living
on conflict (authority, request) do update
set epoch = excluded.epoch, version = excluded.version
where v.epoch <> excluded.epoch or v.version <= excluded.version
returning authority, request
