update notices.subscriptions
set secret_number = secret_number + 1
where id = $1 and authority = $2 and ($3::text is null or principal = $3)
    and channel = 'webhook' and ended_at is null
returning secret_number
