select split_part(name, '/', 2) as name, min(position) as position
from reader.cursors
where name like 'projection/%'
group by 1
