select key_id, sealed from intake.parked where id = $1 and settled_at is null
