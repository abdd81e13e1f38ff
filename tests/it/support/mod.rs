//! What tests stand on: a database and a vhost of their own, the program as a process, and private
//! servers that a test may kill.
//!
//! Invariant: nothing here is shared between tests, so they run in any order and side by side.

mod background;
mod broker;
pub(crate) mod client;
mod database;
pub(crate) mod engine;
mod files;
mod private;
mod process;
mod url;
mod wait;

pub(crate) use broker::{Broker, MAY_SEND, OF_THE_ENGINE, TestVhost};
pub(crate) use database::{Postgres, TestDatabase};
pub(crate) use files::WorkflowFiles;
pub(crate) use private::{PrivateBroker, PrivatePostgres, postgres_program};
pub(crate) use process::ProcessUnderTest;
pub(crate) use wait::until;

/// A variable that `make test` sets.
pub(crate) fn required(variable: &str) -> String {
    std::env::var(variable)
        .ok()
        .filter(|value| !value.is_empty())
        .unwrap_or_else(|| {
            panic!(
                "{variable} is not set: run `make test`, or start the servers with \
                 `scripts/servers.sh start var/test` and read var/test/env"
            )
        })
}
