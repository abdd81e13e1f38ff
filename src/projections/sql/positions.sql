select name, position from reader.cursors where name like 'projection/%'
