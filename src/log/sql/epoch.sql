select epoch from event_log.meta
