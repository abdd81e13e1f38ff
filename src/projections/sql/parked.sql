select authority, stream from reader.parked where name = $1
