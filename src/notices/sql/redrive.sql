update notices.deliveries d
set attempts = 0, first_tried_at = null, parked_at = null, due_at = clock_timestamp()
from notices.subscriptions s
where d.subscription = s.id and s.id = $1 and s.authority = $2
    and ($3::text is null or s.principal = $3) and s.ended_at is null
    and ($4::text is null or s.channel = $4)
