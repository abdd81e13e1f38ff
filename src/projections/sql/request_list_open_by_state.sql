with counted as (
    select state, workflow_version = $3 as drawn, count(*) as open_count
    from read_model.request_list
    where authority = $1 and workflow = $2 and not ended
    group by state, workflow_version = $3
)
select
    coalesce((select min(position) from reader.cursors where name like 'projection/request_list/%'), 0) as position,
    counted.state,
    counted.drawn,
    counted.open_count
from (select 1) as once
left join counted on true
