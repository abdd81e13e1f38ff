-- what was read can be read again: no flush for it, nor for what was written beside it
update reader.cursors
set position = $4
where name = $1 and epoch = $2 and position = $3 and (lease_owner = $5 or $5 is null)
    and exists (select from event_log.meta where epoch = $2)
returning set_config('synchronous_commit', 'off', true)
