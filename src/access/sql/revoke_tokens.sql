update access.tokens
set revoked_at = clock_timestamp()
where authority = $1
    and principal = $2
    and revoked_at is null
