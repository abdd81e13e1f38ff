select exists (
    select from read_model.response_times
    where authority = $1 and workflow = $2 and spell = 0 and dimensions ? $3
)
