select to_regclass('read_model.response_times')::oid as table_oid, c.cursor_count, c.reached, c.epochs,
    array(select stream from reader.parked
          where name = 'response_times' and authority = $2 order by stream) as parked,
    array(select from_position from reader.parked
          where name = 'response_times' and authority = $2 order by stream) as parked_from
from (select count(*) as cursor_count, min(position) as reached,
          array_agg(distinct epoch) as epochs
      from reader.cursors where name = any($1)) c
