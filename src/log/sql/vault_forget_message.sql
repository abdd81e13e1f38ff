delete from vault.keys
where authority = $1
    and subject_kind = 'message'
    and subject = $2
