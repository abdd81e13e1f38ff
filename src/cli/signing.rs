//! Who signs for this log, and where what is signed is kept.

use super::engine::Engine;
use crate::commands::records::{Journal, Records};
use crate::config::{Config, ConfigError};
use crate::log::note::Signer;
use secrecy::ExposeSecret;
use std::error::Error;

type Failed = Box<dyn Error + Send + Sync>;

/// `None` where no signing key is configured.
pub(super) fn find_signer(config: &Config) -> Result<Option<Signer>, Failed> {
    let origin = format!("rfa/{}", config.settings.authority);
    let key = config.signing_key()?;
    Ok(key
        .map(|key| Signer::parse(&origin, key.expose_secret()))
        .transpose()?)
}

pub(super) fn signer(config: &Config) -> Result<Signer, Failed> {
    find_signer(config)?.ok_or_else(|| {
        ConfigError::Missing {
            variable: "RFA_SIGNING_KEY_FILE",
            what: "a file with 64 hexadecimal digits that sign checkpoints and destructions",
        }
        .into()
    })
}

/// Records can be destroyed only where that is signed and kept in a journal.
pub(super) fn records(engine: &Engine, config: &Config) -> Result<Records, Failed> {
    let journal = config.settings.destructions.as_deref();
    let journal = journal.ok_or(ConfigError::Missing {
        variable: "RFA_DESTRUCTIONS",
        what: "a file for the journal of destroyed records, away from the databases",
    })?;
    Ok(Records::new(
        engine.commands.clone(),
        signer(config)?,
        Journal::at(journal),
    ))
}
