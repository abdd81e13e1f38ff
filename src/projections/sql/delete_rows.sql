delete from {table} t
using jsonb_populate_recordset(null::{table}, $1) as gone
where {same}
