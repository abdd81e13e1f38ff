-- Tokens by their SHA-256; what their holders may do is in the log.
create schema access;

create table access.tokens (
    token_hash bytea primary key,
    authority text not null,
    principal text not null,
    label text not null default '',
    created_at timestamptz not null default clock_timestamp(),
    expires_at timestamptz,
    revoked_at timestamptz
);
create index tokens_by_principal on access.tokens (authority, principal);

grant usage on schema access to rfa_app;
grant select, insert, update on access.tokens to rfa_app;
