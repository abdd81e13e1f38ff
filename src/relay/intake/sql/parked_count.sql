select count(*) from intake.parked where settled_at is null
