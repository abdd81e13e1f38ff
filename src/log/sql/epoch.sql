select m.epoch, coalesce(e.began_after, 0)
from event_log.meta m left join event_log.epochs e using (epoch)
