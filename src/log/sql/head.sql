select coalesce(max(last_position), 0) from event_log.appends
