select name, authority, stream from reader.parked where name = any($1)
