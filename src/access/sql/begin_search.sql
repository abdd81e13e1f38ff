select search_id, call, is_over, retry_after_ms
from access.begin_search($1, $2, $3, $4, $5, $6)
