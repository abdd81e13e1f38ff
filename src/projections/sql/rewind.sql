update reader.cursors set position = 0 where name = $1
