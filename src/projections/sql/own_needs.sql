-- Questions that wait for this person, as requester or as cover, and open actions that are theirs to do.
with mine as (
    select request_id from read_model.request_list
    where authority = $1 and requester = $2 and held_by = 'requester' and not ended
    union
    select request_id from read_model.request_list
    where authority = $1 and agency = any($3::text[]) and held_by = 'requester' and not ended
    union
    select request_id from read_model.request_list
    where authority = $1 and (doers ? $2 or doing_agencies ?| $4::text[]) and not ended
)
select r.request_id, r.reference, r.workflow, r.workflow_version, r.state, r.requester, r.received_at,
    r.state_since, r.decided_at, r.decision, '{}'::jsonb as codes,
    r.held_by = 'requester' and (r.requester = $2 or r.agency = any($3::text[])) as asked,
    (
        select count(*)
        from jsonb_array_elements(r.plan) action
        where action -> 'settled' is null
            and (action ->> 'who' = $2 or (action ->> 'who' is null and action ->> 'agency' = any($4::text[])))
    ) as action_count
from mine
join read_model.request_list r on r.request_id = mine.request_id and r.authority = $1
order by r.state_since desc, r.request_id
limit $5
