select name, count(*) from reader.parked group by name
