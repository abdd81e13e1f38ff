insert into {table} ({columns})
select {columns} from jsonb_populate_recordset(null::{table}, $1)
on conflict ({key}) do update set {changes}
