delete from drafts.kept
where authority = $1 and saved_at < clock_timestamp() - make_interval(days => $2)
returning id
