-- Questions that wait for this person, as requester or as cover, and open actions that are theirs to do.
select r.*
from (
    select request_id from read_model.request_list
    where authority = $1 and requester = $2 and held_by = 'requester' and not ended
    union
    select request_id from read_model.request_list
    where authority = $1 and agency = any($3::text[]) and held_by = 'requester' and not ended
    union
    select request_id from read_model.request_list
    where authority = $1 and has_open_actions and not ended and (doers ? $2 or doing_agencies ?| $4::text[])
) mine
cross join lateral (
    select request_id, reference, workflow, workflow_version, state, requester, received_at, state_since,
        decided_at, decision, '{}'::jsonb as codes,
        held_by = 'requester' and (requester = $2 or agency = any($3::text[])) as asked,
        (
            select count(*)
            from jsonb_array_elements(plan) action
            where action -> 'settled' is null and (action ->> 'who' = $2
                or (action ->> 'who' is null and action ->> 'agency' = any($4::text[])))
        ) as action_count
    from read_model.request_list
    where request_id = mine.request_id and authority = $1
    limit 1
) r
order by r.state_since desc, r.request_id
limit $5
