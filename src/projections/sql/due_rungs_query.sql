select authority, request_id, clock, spell, rung, occurrence, next_at
from read_model.due_rungs
where next_at <= $1 and (next_at, authority, request_id, clock, spell) > ($2, $3, $4, $5, $6)
order by next_at, authority, request_id, clock, spell
limit $7
