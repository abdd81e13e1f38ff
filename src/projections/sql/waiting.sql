select r.request_id, r.reference, r.workflow, r.workflow_version, r.state, r.held_by, r.claimed_by,
    r.lease, r.worker, r.concern_open, r.unanswered, r.urgency, r.received_at,
    r.helped_at, r.expected_on,
    array(
        select t.detail
        from read_model.response_times t
        where t.request_id = r.request_id and t.authority = r.authority
            and t.spell > 0 and t.ended_at is null
    ) as spells
from read_model.request_list r
where r.authority = $1 and r.team = $2 and not r.ended
order by r.received_at, r.request_id
limit $3
