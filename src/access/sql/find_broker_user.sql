select authority, principal from access.broker_users where name = $1
