select id, sender, reason, detail, byte_count, sealed is not null, times, first_at, last_at
from intake.parked
where settled_at is null
order by first_at, id
limit 1000
