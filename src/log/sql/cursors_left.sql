update reader.cursors set lease_owner = null, lease_until = null
where epoch <> $1
returning name
