select substr(name, 12) as name, position from reader.cursors where name like 'projection/%'
