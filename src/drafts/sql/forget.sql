delete from drafts.kept
where authority = $1 and principal = $2 and place = $3
returning id
