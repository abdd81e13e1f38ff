insert into event_log.epochs (epoch, began_after)
select $1, coalesce(max(last_position), 0) from event_log.appends
returning began_after
