insert into reader.parked (name, authority, stream, from_position, reason)
select $1, w.authority, w.stream, w.from_position, w.reason
from unnest($2::text[], $3::uuid[], $4::bigint[], $5::text[])
    as w(authority, stream, from_position, reason)
on conflict (name, authority, stream) do update
set from_position = excluded.from_position, reason = excluded.reason
