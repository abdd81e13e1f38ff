select coalesce((select max(last_position) from event_log.appends), 0) as head,
    coalesce((select position from reader.cursors where name = $1), 0) as position,
    (select count(*) from reader.parked where name = $1) as parked
