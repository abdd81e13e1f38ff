select authority, stream, from_position from reader.parked where name = $1
