//! `rfa`, a request-for-assistance engine for children's services.
//!
//! Reading order: what a request is (`domain`), how a command becomes events (`commands`), where
//! events live (`log`), who reads them (`relay`, `notices`, `projections`, `lookups`, `statistics`), what time
//! itself asks for (`timers`), who may ask (`access`), and the doors (`api`,
//! `screens` with `drafts`, `cli`, `sheet`, `history`).

/// Every command makes and drops some thousand small values.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

pub mod domain;

pub mod commands;
pub mod log;

pub mod charts;
pub mod lookups;
pub mod notices;
pub mod projections;
pub mod relay;
pub mod report;
pub mod statistics;
pub mod timers;

pub mod access;
pub mod api;
pub mod cli;
pub mod drafts;
pub mod history;
pub mod screens;
pub mod sheet;
pub mod simulate;

pub mod config;
pub mod shutdown;
pub mod telemetry;
