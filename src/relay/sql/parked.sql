select authority, stream, from_position, reason from reader.parked where name = $1
