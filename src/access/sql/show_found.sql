insert into access.searches_shown (search_id, request_id)
select $1, request_id from unnest($2::uuid[]) as request_id
