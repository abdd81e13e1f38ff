insert into access.tokens (token_hash, authority, principal, label, expires_at)
values ($1, $2, $3, $4, clock_timestamp() + make_interval(days => $5))
