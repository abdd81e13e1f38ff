-- Who wants to be told of requests at an address of their own, and what is on its way there. Ids and
-- codes; where to is sealed: an address points at a person, and a web address may hold a secret.
create schema notices;

create table notices.subscriptions (
    id uuid primary key,
    authority text not null,
    principal text not null,
    channel text not null check (channel in ('webhook', 'mail')),
    target bytea not null,
    -- null is every event
    occasions text[],
    secret_number int not null default 1,
    after_position bigint not null,
    created_at timestamptz not null default clock_timestamp(),
    delivered_count bigint not null default 0,
    last_delivered_at timestamptz,
    ended_at timestamptz,
    ended_because text
);
create index subscriptions_by_principal on notices.subscriptions (authority, principal);

grant usage on schema notices to rfa_app;
grant select, insert, update, delete on notices.subscriptions to rfa_app;
