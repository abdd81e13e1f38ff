-- The application reads, makes and destroys keys; it cannot change the schema.
-- Roles belong to the cluster: databases that migrate at the same time may meet in either step.
do $$ begin
    if not exists (select from pg_roles where rolname = 'rfa_app') then
        create role rfa_app nologin;
    end if;
exception when duplicate_object or unique_violation then null;
end $$;
do $$ begin
    if not pg_has_role(current_user, 'rfa_app', 'usage') then
        execute format('grant rfa_app to %I', current_user);
    end if;
exception when unique_violation or internal_error then null;
end $$;
grant usage on schema vault to rfa_app;
grant select, insert, update, delete on all tables in schema vault to rfa_app;
