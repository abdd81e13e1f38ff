-- Read tables are made and dropped by the projections themselves.
create schema read_model;
grant usage, create on schema read_model to rfa_app;
