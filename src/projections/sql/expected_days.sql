select r.request_id, r.workflow, r.workflow_version, r.expected_on, r.expected_because,
    array(
        select t.detail
        from read_model.response_times t
        where t.request_id = r.request_id and t.authority = r.authority
            and t.spell > 0 and t.ended_at is null
    ) as spells
from unnest($2::uuid[]) as asked(id)
cross join lateral (
    select *
    from read_model.request_list r
    where r.request_id = asked.id and r.authority = $1 and r.expected_on is not null
    limit 1
) r
