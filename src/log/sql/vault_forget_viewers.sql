with gone as (
    delete from vault.viewer_index where authority = $1 and request = any($2::uuid[])
)
delete from vault.viewed_requests where authority = $1 and request = any($2::uuid[])
