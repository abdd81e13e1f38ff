//! `rfa verify`: from its own checkpoint on, or from the start.

use super::{Outcome, say};
use crate::config::Config;
use crate::log::Position;
use crate::log::connect::dedicated;
use crate::log::verify::{Checkpoint, Verified, verify};
use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use secrecy::ExposeSecret;
use std::path::PathBuf;
use std::process::ExitCode;

#[derive(Debug, Args)]
pub(super) struct Verify {
    /// Where the verifier remembers what it has seen; keep it away from the log
    #[arg(long, default_value = "var/verify.json")]
    checkpoint: PathBuf,
    /// Recompute everything, whatever the checkpoint says
    #[arg(long)]
    from_start: bool,
}

impl Verify {
    pub(super) async fn run(self, config: Config) -> Outcome {
        let client = dedicated(config.database_url()?.expose_secret()).await?;
        let before = self.load()?;
        let from = before.as_ref().filter(|_| !self.from_start);
        let bar = ProgressBar::new_spinner().with_style(ProgressStyle::with_template(
            "{spinner} position {pos}  {per_sec}",
        )?);
        let progress = |at: Position| bar.set_position(at.0.unsigned_abs());
        // What was seen before must still be there, also when everything is recomputed.
        let mut verified = verify(&client, before.as_ref(), progress).await?;
        if from.is_none() && before.is_some() && matches!(verified, Verified::Clean { .. }) {
            verified = verify(&client, None, progress).await?;
        }
        bar.finish_and_clear();
        match verified {
            Verified::Bad { position, why } => {
                say(format!("position {position}: {why}"));
                Ok(ExitCode::FAILURE)
            }
            Verified::Clean { events, checkpoint } => {
                let from = from.map_or("the start".to_owned(), |c| {
                    format!("position {}", c.position)
                });
                say(format!("clean: {events} events from {from}"));
                if let Some(checkpoint) = checkpoint {
                    say(format!(
                        "checkpoint: position {}, link {}",
                        checkpoint.position, checkpoint.link
                    ));
                    self.keep(&checkpoint)?;
                }
                Ok(ExitCode::SUCCESS)
            }
        }
    }

    fn load(&self) -> Result<Option<Checkpoint>, Box<dyn std::error::Error + Send + Sync>> {
        match std::fs::read(&self.checkpoint) {
            Ok(bytes) => Ok(Some(serde_json::from_slice(&bytes)?)),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    fn keep(
        &self,
        checkpoint: &Checkpoint,
    ) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
        if let Some(folder) = self.checkpoint.parent() {
            std::fs::create_dir_all(folder)?;
        }
        // Whole or not at all: half a checkpoint would stand in the way of the next run.
        let unfinished = self.checkpoint.with_extension("unfinished");
        std::fs::write(&unfinished, serde_json::to_vec_pretty(checkpoint)?)?;
        Ok(std::fs::rename(&unfinished, &self.checkpoint)?)
    }
}
