insert into reader.cursors (name, epoch, position)
select name, $2, 0
from unnest($1::text[]) as name
on conflict (name) do nothing
