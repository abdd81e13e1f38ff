-- The newest decisions on what this person asked for, each with its codes.
select r.request_id, r.reference, r.workflow, r.workflow_version, r.state, r.requester, r.received_at,
    r.state_since, r.decided_at, r.decision, coalesce(a.coded, '{}') as codes, false as asked,
    0::bigint as action_count
from read_model.request_list r
left join lateral (
    select coded
    from read_model.acts
    where request_id = r.request_id and authority = r.authority and event = r.decision
    order by number desc
    limit 1
) a on true
where r.authority = $1 and r.requester = $2 and r.decided_at is not null and r.provenance <> 'imported'
order by r.decided_at desc, r.request_id
limit $3
