select name, position from reader.cursors where name = any($1)
