select child, request from vault.blind_index
where authority = $1 and kind = $2 and digest = $3
