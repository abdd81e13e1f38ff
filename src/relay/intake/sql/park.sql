insert into intake.parked as p (id, sender, reason, detail, byte_count, key_id, sealed)
values ($1, $2, $3, $4, $5, $6, $7)
on conflict (id) do update
set reason = excluded.reason,
    detail = excluded.detail,
    key_id = excluded.key_id,
    sealed = excluded.sealed,
    times = p.times + 1,
    last_at = clock_timestamp(),
    settled_at = null,
    settled_as = null
