insert into vault.root (wrapped) values ($1) on conflict do nothing
