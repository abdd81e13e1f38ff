with gone as (
    delete from notices.deliveries where subscription = $1 and position = $2 returning 1
)
update notices.subscriptions
set delivered_count = delivered_count + (select count(*) from gone),
    last_delivered_at = clock_timestamp()
where id = $1
