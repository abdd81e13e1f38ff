select s.id, s.authority, s.principal, s.channel, s.target, s.occasions, s.secret_number,
    s.created_at, s.delivered_count, s.last_delivered_at, s.ended_at, s.ended_because,
    w.waiting, w.parked, w.failure
from notices.subscriptions s
cross join lateral (
    select count(*) filter (where parked_at is null) as waiting,
        count(*) filter (where parked_at is not null) as parked,
        (array_agg(failure order by position) filter (where failure is not null))[1] as failure
    from notices.deliveries where subscription = s.id
) w
where s.authority = $1 and ($2::text is null or s.principal = $2)
    and ($3::uuid is null or s.id = $3) and ($4::text is null or s.channel = $4)
order by s.created_at, s.id
