update notices.subscriptions
set ended_at = coalesce(ended_at, clock_timestamp()), ended_because = coalesce(ended_because, 'ended by its owner')
where id = $1 and authority = $2 and ($3::text is null or principal = $3)
    and ($4::text is null or channel = $4)
