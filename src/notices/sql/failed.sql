-- what would be tried again after the last moment is parked instead
update notices.deliveries
set attempts = attempts + 1,
    first_tried_at = coalesce(first_tried_at, clock_timestamp()),
    failure = $3,
    due_at = clock_timestamp() + make_interval(secs => $4),
    parked_at = case
        when clock_timestamp() + make_interval(secs => $4)
            > coalesce(first_tried_at, clock_timestamp()) + make_interval(secs => $5)
        then clock_timestamp()
    end
where subscription = $1 and position = $2
returning parked_at is not null
