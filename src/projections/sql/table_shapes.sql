select obj_description(to_regclass('read_model.' || name), 'pg_class')
from unnest($1::text[]) with ordinality as t(name, i)
order by i
