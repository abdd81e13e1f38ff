delete from reader.parked where name = $1 and authority = $2 and stream = $3
