-- A subject without a key gets the row of a destroyed one: nobody makes it a key any more.
with gone as (
    delete from vault.blind_index
    where authority = $1 and (request = any($3::uuid[]) or child = any($2::uuid[]))
), wanted as (
    select 'child' as kind, c.id from unnest($2::uuid[]) as c(id)
    union all
    select 'request', r.id from unnest($3::uuid[]) as r(id)
)
insert into vault.keys as k (key_id, authority, subject_kind, subject, wrapped, destroyed_at)
select gen_random_uuid(), $1, kind, id, null, clock_timestamp() from wanted
on conflict (authority, subject_kind, subject) do update
set wrapped = null, destroyed_at = coalesce(k.destroyed_at, excluded.destroyed_at)
returning destroyed_at
