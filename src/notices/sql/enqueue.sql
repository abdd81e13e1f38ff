insert into notices.deliveries (subscription, position, stream, occasion)
select * from unnest($1::uuid[], $2::bigint[], $3::uuid[], $4::text[])
on conflict do nothing
