select first_position, last_position, recorded_at, link
from event_log.appends
where last_position > $1
order by last_position
limit $2
