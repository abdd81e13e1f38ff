update reader.cursors set lease_owner = null, lease_until = null
where name = $1 and lease_owner = $2
