//! What most subcommands stand on: log, vault, what is in force, commands.

use crate::commands::{Commands, Registry, publish, read_folder};
use crate::config::Config;
use crate::domain::ids::Authority;
use crate::log::Log;
use crate::log::connect::LogConfig;
use crate::log::vault::{MasterKey, Vault, VaultConfig};
use jiff::Timestamp;
use secrecy::ExposeSecret;
use std::error::Error;
use std::time::Duration;

pub(super) struct Engine {
    pub(super) log: Log,
    pub(super) commands: Commands,
    /// `RFA_AUTHORITY`
    pub(super) authority: Authority,
}

/// The one place outside the API where the program asks for the time.
#[expect(clippy::disallowed_methods, reason = "the edge of the program")]
pub(super) fn now() -> Timestamp {
    Timestamp::now()
}

/// Enough for whatever opens nothing that is sealed, so it asks for no master key.
pub(super) async fn log(config: &Config) -> Result<Log, Box<dyn Error + Send + Sync>> {
    let settings = &config.settings;
    let config = LogConfig {
        database_url: config.database_url()?.expose_secret().to_owned(),
        queue_commands_max: settings.queue_commands_max,
        pool_max: settings.pool_max,
    };
    Ok(Log::connect(&config).await?)
}

impl Engine {
    pub(super) async fn open(config: &Config) -> Result<Self, Box<dyn Error + Send + Sync>> {
        let settings = &config.settings;
        let master = MasterKey::parse(config.master_key()?.expose_secret())?;
        let vault = VaultConfig {
            url: config.vault_url()?.expose_secret().to_owned(),
            pool_max: settings.pool_max,
            key_ttl: Duration::from_secs(settings.key_cache_seconds),
        };
        let vault = Vault::connect(&vault, master).await?;
        let registry = Registry::open(log(config).await?).await?;
        Ok(Self {
            log: registry.log().clone(),
            commands: Commands::new(registry, vault),
            authority: Authority::parse(&settings.authority)?,
        })
    }

    /// Publishes what changed in the folder; `from` says whose organisation files are read.
    pub(super) async fn publish(
        &self,
        config: &Config,
        from: &Authority,
        to: &Authority,
    ) -> Result<usize, Box<dyn Error + Send + Sync>> {
        let declarations = read_folder(&config.settings.workflows, from)?;
        let registry = self.commands.registry();
        Ok(publish(registry, to, declarations, "rfa:files", now()).await?)
    }
}
