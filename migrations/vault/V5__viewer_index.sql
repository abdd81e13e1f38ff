-- The blind index once more, keyed by who may see the request: a look-up begins with the viewers that
-- the caller stands for, and never touches an entry of anybody else's. Follows the log; can be made anew.
create table vault.viewer_index (
    authority text not null,
    kind text not null,
    -- a relation, as `team:carrick-team` or `person:head.girvan`
    viewer text not null,
    digest bytea not null,
    request uuid not null,
    primary key (authority, kind, viewer, digest, request)
);
create index viewer_index_by_request on vault.viewer_index (authority, request);

-- Up to which version of a request its viewers are known: an older one never replaces a newer one.
create table vault.viewed_requests (
    authority text not null,
    request uuid not null,
    epoch uuid not null,
    version int not null,
    primary key (authority, request)
);

grant select, insert, update, delete on vault.viewer_index, vault.viewed_requests to rfa_app;
