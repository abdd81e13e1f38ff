-- Writes a search down before anything is looked up. Time and id of the call are the database's. An
-- account whose last hour is full is refused, and nothing is written: nothing was searched.
create function access.begin_search(
    in_authority text, in_principal text, in_kind text, in_reason text, budget int, refuses boolean,
    out search_id bigint, out call uuid, out is_over boolean, out retry_after_ms bigint
) language plpgsql volatile security definer set search_path = pg_catalog, pg_temp as $$
declare
    spent int;
    oldest timestamptz;
begin
    -- replicas that counted at the same time would let more through together
    perform pg_advisory_xact_lock(hashtextextended(in_authority || ' ' || in_principal, 7740263));
    select count(*), min(recent.at) into spent, oldest from (
        select s.at from access.searches s
        where s.authority = in_authority and s.principal = in_principal
            and s.at > clock_timestamp() - interval '1 hour'
        order by s.at desc limit budget
    ) recent;
    is_over := spent >= budget;
    if is_over and refuses then
        retry_after_ms := ceil(extract(epoch from oldest + interval '1 hour' - clock_timestamp()) * 1000);
        return;
    end if;
    insert into access.searches (authority, principal, kind, reason, over_budget)
    values (in_authority, in_principal, in_kind, in_reason, is_over)
    returning access.searches.id, access.searches.call into search_id, call;
end $$;
