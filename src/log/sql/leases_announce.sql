with gone as (
    delete from reader.replicas
    where until < clock_timestamp() - interval '1 minute' and owner <> $1
)
insert into reader.replicas (owner, until)
values ($1, clock_timestamp() + $2::bigint * interval '1 millisecond')
on conflict (owner) do update set until = excluded.until
