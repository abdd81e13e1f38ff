select name, authority, principal from access.broker_users order by name
