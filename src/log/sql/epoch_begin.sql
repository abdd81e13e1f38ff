select epoch, began_after, before, moved, still from event_log.begin_epoch()
