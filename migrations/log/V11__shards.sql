-- A projection has a cursor for each shard of the requests, and replicas share the shards.
insert into reader.cursors (name, epoch, position)
select c.name || '/' || shard, c.epoch, c.position
from reader.cursors c cross join generate_series(0, 3) as shard
where c.name like 'projection/%';
delete from reader.cursors where name ~ '^projection/[^/]+$';

-- A build that knows no shards would begin at 0, in tables that others keep.
alter table reader.cursors add constraint shards_of_projections
    check (name !~ '^projection/[^/]+$');

-- Who is there to share the work.
create table reader.replicas (
    owner uuid primary key,
    until timestamptz not null
);
grant select, insert, update, delete on reader.replicas to rfa_app;
