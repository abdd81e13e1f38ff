delete from access.broker_users where name = $1 returning name
