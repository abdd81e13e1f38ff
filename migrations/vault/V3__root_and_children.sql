-- What keyed digests are made from. It stays when the master key is changed, or no command would be
-- recognised and no child found any more.
create table vault.root (
    only_row boolean primary key default true check (only_row),
    wrapped bytea not null
);
grant select, insert, update on vault.root to rfa_app;

-- a child's record is destroyed with all its requests
create index blind_index_by_child on vault.blind_index (authority, child);
