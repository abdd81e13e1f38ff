select id, place, key_id, sealed, begun_at
from drafts.kept
where authority = $1 and principal = $2 and place = $3
