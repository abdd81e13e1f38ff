select epoch, began_after from event_log.epochs order by began_at, began_after
