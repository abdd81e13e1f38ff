insert into drafts.kept as kept (id, authority, principal, place, key_id, sealed)
values ($1, $2, $3, $4, $5, $6)
on conflict (authority, principal, place) do update
    set sealed = excluded.sealed, key_id = excluded.key_id, saved_at = clock_timestamp()
    where kept.id = excluded.id
returning id
