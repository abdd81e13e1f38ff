select name, position from reader.cursors where name = any($1) order by name for update
