//! `rfa migrate`

use super::{Outcome, say};
use crate::config::Config;
use crate::log::migrate::{migrate_log, migrate_vault};
use clap::Args;
use secrecy::ExposeSecret;
use std::process::ExitCode;

#[derive(Debug, Args)]
pub(super) struct Migrate {}

impl Migrate {
    pub(super) async fn run(self, config: Config) -> Outcome {
        let log = migrate_log(config.database_url()?.expose_secret()).await?;
        let vault = migrate_vault(config.vault_url()?.expose_secret()).await?;
        let applied: Vec<String> = log.into_iter().chain(vault).collect();
        if applied.is_empty() {
            say("the schemas are up to date");
        }
        applied.iter().for_each(say);
        Ok(ExitCode::SUCCESS)
    }
}
