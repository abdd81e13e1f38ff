select exists (
    select from access.readings
    where authority = $1 and request_id = $2 and principal = $3 and opened = 'content'
) as has_opened
