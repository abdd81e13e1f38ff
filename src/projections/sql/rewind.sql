update reader.cursors set position = 0 where name = any($1)
