select position from reader.cursors where name = $1
