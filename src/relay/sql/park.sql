insert into reader.parked (name, authority, stream, from_position, reason)
values ($1, $2, $3, $4, $5)
on conflict (name, authority, stream) do nothing
