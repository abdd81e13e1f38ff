select coalesce(l.authority, n.authority) as authority,
    coalesce(l.request_id, n.request_id) as request_id,
    l.digest is null as only_rebuilt, n.digest is null as only_live
from (select authority, request_id, md5(string_agg(to_jsonb(t)::text, ' ' order by to_jsonb(t)::text)) as digest
      from {live} t group by authority, request_id) l
full join (select authority, request_id, md5(string_agg(to_jsonb(t)::text, ' ' order by to_jsonb(t)::text)) as digest
      from {next} t group by authority, request_id) n
    on n.authority = l.authority and n.request_id = l.request_id
where l.digest is distinct from n.digest
order by 1, 2
