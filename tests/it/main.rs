//! One integration-test binary; Postgres and RabbitMQ are real in every test that names them.

#![cfg(test)]

mod api;
mod cache;
mod claims;
mod clocks;
mod commands;
mod concern;
mod contract;
mod cover;
mod diagram;
mod drill;
mod explain;
mod extension;
mod faults;
mod figures;
mod golden;
mod history;
mod hostile;
mod identifiers;
mod intake;
mod kills;
mod links;
mod lint;
mod log;
mod mail;
mod main_job;
mod openings;
mod oracle;
mod peers;
mod people;
mod permit_figures;
mod plan;
mod privacy;
mod projections;
mod publishing;
mod readings;
mod records;
mod relay;
mod replicas;
mod response_times;
mod roll_out;
mod routes;
mod scenarios;
mod screens;
mod servers;
mod sheet;
mod simulate;
#[expect(dead_code, reason = "goes when the tests of every part use it")]
mod support;
mod tidy;
mod timers;
mod topology;
mod webhooks;
mod workflows;
