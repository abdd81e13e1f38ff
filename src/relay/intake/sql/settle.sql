update intake.parked
set settled_at = clock_timestamp(), settled_as = $2, key_id = null, sealed = null
where id = $1
    and settled_at is null
returning id
