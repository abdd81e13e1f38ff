-- One event on its way to one subscriber; gone once it has arrived.
create table notices.deliveries (
    subscription uuid not null references notices.subscriptions (id) on delete cascade,
    position bigint not null,
    stream uuid not null,
    occasion text,
    attempts int not null default 0,
    first_tried_at timestamptz,
    due_at timestamptz not null default clock_timestamp(),
    parked_at timestamptz,
    failure text,
    primary key (subscription, position)
);
-- what is told of one request is told in order
create index deliveries_by_stream on notices.deliveries (subscription, stream, position);
create index deliveries_due on notices.deliveries (subscription, due_at, position)
    where parked_at is null;

grant select, insert, update, delete on notices.deliveries to rfa_app;
