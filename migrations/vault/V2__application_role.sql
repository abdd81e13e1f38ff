-- The application reads, makes and destroys keys; it cannot change the schema.
do $$ begin
    perform pg_advisory_xact_lock(7740263, 2);
    if not exists (select from pg_roles where rolname = 'rfa_app') then
        create role rfa_app nologin;
    end if;
    if not pg_has_role(current_user, 'rfa_app', 'member') then
        execute format('grant rfa_app to %I', current_user);
    end if;
end $$;
grant usage on schema vault to rfa_app;
grant select, insert, update, delete on all tables in schema vault to rfa_app;
