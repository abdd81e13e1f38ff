delete from reader.parked where name = $1
