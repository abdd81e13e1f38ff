-- Over all of $1 nothing arrived, though something was given up before it and lately: where nothing was
-- sent nothing is missing. Letters go by a server of our own, whose faults are no reader's.
with ended as (
    update notices.subscriptions s
    set ended_at = clock_timestamp(), ended_because = 'nothing has arrived there for too long'
    where s.ended_at is null and s.channel = 'webhook'
        and coalesce(s.last_delivered_at, '-infinity') < clock_timestamp() - make_interval(secs => $1)
        and exists (
            select from notices.deliveries d
            where d.subscription = s.id
                and d.parked_at < clock_timestamp() - make_interval(secs => $1)
        )
        and exists (
            select from notices.deliveries d
            where d.subscription = s.id
                and d.parked_at > clock_timestamp() - make_interval(secs => $2)
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
