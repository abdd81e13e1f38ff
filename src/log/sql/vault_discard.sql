with gone as (
    delete from vault.blind_index where authority = $1 and request = $3
)
delete from vault.keys
where authority = $1 and subject in ($2, $3)
