-- of each request the oldest alone, and nothing that is being tried now
select s.id, s.authority, s.channel, s.target, s.secret_number,
    d.position, d.stream, d.occasion, d.attempts, s.principal
from notices.subscriptions s
cross join lateral (
    select d.due_at, d.position, d.stream, d.occasion, d.attempts
    from notices.deliveries d
    where d.subscription = s.id
        and d.parked_at is null
        and d.due_at <= clock_timestamp()
        and not exists (
            select from notices.deliveries e
            where e.subscription = d.subscription and e.stream = d.stream
                and e.position < d.position
        )
        and not exists (
            select from unnest($1::uuid[], $2::uuid[]) as flying(subscription, stream)
            where flying.subscription = d.subscription and flying.stream = d.stream
        )
    order by d.due_at, d.position
    limit $3
) d
where s.ended_at is null
-- whoever waits longest first, whichever subscription it is
order by d.due_at, d.position
