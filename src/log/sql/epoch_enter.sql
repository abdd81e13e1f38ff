select epoch, began_after from event_log.enter_epoch()
