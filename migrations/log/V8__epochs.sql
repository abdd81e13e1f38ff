-- Which histories this log has had: a restore begins a new one after the last position that it kept.
create table event_log.epochs (
    epoch uuid primary key,
    began_after bigint not null,
    began_at timestamptz not null default clock_timestamp()
);
insert into event_log.epochs (epoch, began_after) select epoch, 0 from event_log.meta;

create trigger no_change before update or delete or truncate on event_log.epochs
    for each statement execute function event_log.refuse();
grant select on event_log.epochs to rfa_app;
