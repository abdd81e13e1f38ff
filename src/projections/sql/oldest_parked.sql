select authority, stream from reader.parked where name = $1 order by parked_at, authority, stream limit $2
