-- nothing that must not be lost: no flush for it
select set_config('synchronous_commit', 'off', true), pg_notify($1, '')
