with ended as (
    update notices.subscriptions s
    set ended_at = clock_timestamp(), ended_because = 'nothing arrived there for a month'
    where s.ended_at is null
        and coalesce(s.last_delivered_at, '-infinity') < clock_timestamp() - make_interval(secs => $1)
        and exists (
            select from notices.deliveries d
            where d.subscription = s.id
                and d.parked_at < clock_timestamp() - make_interval(secs => $1)
        )
    returning s.id
),
forgotten as (
    delete from notices.deliveries d
    using notices.subscriptions s
    where s.id = d.subscription
        and s.ended_at < clock_timestamp() - make_interval(secs => $1)
)
select id from ended
