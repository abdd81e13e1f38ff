select distinct request from vault.blind_index where authority = $1 and child = $2 order by request
