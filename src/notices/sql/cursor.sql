-- the row is there and stands still until the subscription is: no event falls between the two
insert into reader.cursors (name, epoch, position) values ($1, $2, 0)
on conflict (name) do update set name = excluded.name
