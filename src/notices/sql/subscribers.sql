select id, authority, principal, channel, occasions, after_position
from notices.subscriptions
where ended_at is null
