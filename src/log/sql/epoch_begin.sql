update event_log.meta set epoch = gen_random_uuid() where epoch = $1 returning epoch
