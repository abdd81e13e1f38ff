update notices.subscriptions
set ended_at = clock_timestamp(), ended_because = 'answered that it is gone (410)'
where id = $1 and ended_at is null
