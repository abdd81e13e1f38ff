-- The engine writes searches through the function alone, so that it cannot choose their time; what was
-- shown it adds itself. Nobody changes what is written, the owner of the tables not by mistake either.
create function access.refuse() returns trigger language plpgsql as $$
begin
    raise 'the record of searches is append-only: % on % refused', tg_op, tg_table_name
        using errcode = 'insufficient_privilege';
end $$;

create trigger no_change before update or delete or truncate on access.searches
    for each statement execute function access.refuse();
create trigger no_change before update or delete or truncate on access.searches_shown
    for each statement execute function access.refuse();

revoke all on function access.begin_search from public;
grant execute on function access.begin_search to rfa_app;
grant select on access.searches, access.searches_shown to rfa_app;
grant insert (search_id, request_id) on access.searches_shown to rfa_app;
