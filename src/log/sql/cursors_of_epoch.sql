update reader.cursors set epoch = $2, lease_owner = null, lease_until = null
where epoch = $1 and position <= $3
returning name
