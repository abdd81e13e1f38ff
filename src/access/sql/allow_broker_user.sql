insert into access.broker_users (name, authority, principal)
values ($1, $2, $3)
on conflict (name) do update
set authority = excluded.authority, principal = excluded.principal, allowed_at = clock_timestamp()
