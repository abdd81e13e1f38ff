//! `rfa log new-epoch|checkpoint|public-key`

use super::signing::signer;
use super::{Outcome, say};
use crate::config::{Config, ConfigError};
use crate::log::checkpoint::{Attested, Attestor, Checkpoints};
use crate::log::connect::dedicated;
use crate::log::epoch;
use clap::Subcommand;
use secrecy::ExposeSecret;
use std::process::ExitCode;

#[derive(Debug, Subcommand)]
pub(super) enum LogCommand {
    /// After a restore or a promotion: tell its positions from those of the lost history
    NewEpoch,
    /// Verify what is new and sign a checkpoint now
    Checkpoint,
    /// Print what checkpoints and destructions are checked with
    PublicKey,
}

impl LogCommand {
    pub(super) async fn run(self, config: Config) -> Outcome {
        match self {
            Self::NewEpoch => new_epoch(&config).await,
            Self::Checkpoint => checkpoint(&config).await,
            Self::PublicKey => {
                say(signer(&config)?.public());
                Ok(ExitCode::SUCCESS)
            }
        }
    }
}

async fn new_epoch(config: &Config) -> Outcome {
    let begun = epoch::begin(config.database_url()?.expose_secret()).await?;
    say(format!(
        "epoch {} began after position {}; before it: {}",
        begun.epoch.id, begun.epoch.began_after, begun.before
    ));
    for name in &begun.moved {
        say(format!("{name} goes on where it is"));
    }
    for name in &begun.left {
        say(format!(
            "{name} has read what this log does not have: it stands still until it is rebuilt"
        ));
    }
    Ok(ExitCode::SUCCESS)
}

async fn checkpoint(config: &Config) -> Outcome {
    let folder = config.settings.checkpoints.as_deref();
    let folder = folder.ok_or(ConfigError::Missing {
        variable: "RFA_CHECKPOINTS",
        what: "a folder for signed checkpoints, away from the log",
    })?;
    let client = dedicated(config.database_url()?.expose_secret()).await?;
    let mut attestor = Attestor::open(signer(config)?, Checkpoints::of(folder))?;
    match attestor.step(&client).await? {
        Attested::Signed(checkpoint) => say(format!("signed: position {}", checkpoint.position)),
        Attested::Nothing => say("nothing is new"),
        Attested::Bad { position, why } => {
            say(format!("position {position}: {why}"));
            return Ok(ExitCode::FAILURE);
        }
    }
    Ok(ExitCode::SUCCESS)
}
