select count(*) filter (where d.parked_at is null), count(*) filter (where d.parked_at is not null)
from notices.deliveries d
join notices.subscriptions s on s.id = d.subscription and s.ended_at is null
