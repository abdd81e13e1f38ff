select attname::text from pg_attribute where attrelid = to_regclass($1) and atttypid = 'jsonb'::regtype
