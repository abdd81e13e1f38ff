delete from reader.replicas where owner = $1
