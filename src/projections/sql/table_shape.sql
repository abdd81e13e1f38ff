select to_regclass($1) is not null, obj_description(to_regclass($1), 'pg_class')
