select coalesce(l.authority, n.authority) as authority,
    coalesce(l.request_id, n.request_id) as request_id,
    l.row is null as only_rebuilt, n.row is null as only_live
from (select authority, request_id, jsonb_agg(to_jsonb(t) order by to_jsonb(t)) as row
      from {live} t group by authority, request_id) l
full join (select authority, request_id, jsonb_agg(to_jsonb(t) order by to_jsonb(t)) as row
      from {next} t group by authority, request_id) n
    on n.authority = l.authority and n.request_id = l.request_id
where l.row is distinct from n.row
order by 1, 2
