insert into {table}
select * from jsonb_populate_recordset(null::{table}, $1)
