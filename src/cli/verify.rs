//! `rfa verify`: from its own checkpoint on, or from the start; and against signed checkpoints.

use super::{Outcome, say};
use crate::config::Config;
use crate::log::checkpoint::{Checkpoints, compare};
use crate::log::connect::dedicated;
use crate::log::note::PublicKey;
use crate::log::verify::{Checkpoint, Progress, Verified, verify};
use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use secrecy::ExposeSecret;
use serde::{Deserialize, Serialize};
use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};
use tokio_postgres::Client;
use uuid::Uuid;

/// A run that is cut off repeats this much, at most.
const KEEP_EVERY: Duration = Duration::from_secs(2);

#[derive(Debug, Args)]
pub(super) struct Verify {
    /// Where the verifier remembers what it has seen; keep it away from the log
    #[arg(long, default_value = "var/verify.json")]
    checkpoint: PathBuf,
    /// Recompute everything, whatever the checkpoint says
    #[arg(long)]
    from_start: bool,
    /// Folder with signed checkpoints that must hold too
    #[arg(long, requires = "public_key")]
    signed: Option<PathBuf>,
    /// Of whoever signed them, as `rfa log public-key` prints it
    #[arg(long)]
    public_key: Option<PublicKey>,
    /// A restore that you know of: what was lost when this epoch began is no finding
    #[arg(long)]
    accept_epoch: Vec<Uuid>,
}

/// What the verifier knows by itself.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Memory {
    /// The furthest that it has ever seen.
    #[serde(flatten)]
    seen: Option<Checkpoint>,
    /// Where a run from the start was cut off.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    resume: Option<Checkpoint>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    accepted: Vec<Uuid>,
}

type Failed = Box<dyn Error + Send + Sync>;

impl Verify {
    pub(super) async fn run(self, config: Config) -> Outcome {
        let client = dedicated(config.database_url()?.expose_secret()).await?;
        let mut memory = Memory::load(&self.checkpoint)?;
        memory.accepted.extend(&self.accept_epoch);
        // What was seen before must still be there, also when everything is recomputed.
        let had_seen = memory.seen.is_some();
        let mut is_clean = self.go_on(&client, &mut memory).await?;
        if is_clean && self.from_start && had_seen {
            is_clean = self.recompute(&client, &mut memory).await?;
        }
        if is_clean {
            is_clean = self.compare(&client, &memory).await?;
        }
        memory.keep(&self.checkpoint)?;
        Ok(if is_clean {
            ExitCode::SUCCESS
        } else {
            ExitCode::FAILURE
        })
    }

    /// From the furthest that was ever seen.
    async fn go_on(&self, client: &Client, memory: &mut Memory) -> Result<bool, Failed> {
        let from = memory.seen.clone();
        let mut verified = self.watched(client, from.as_ref(), memory, false).await?;
        if let Verified::Lost { by, .. } = &verified
            && memory.accepted.contains(&by.id)
        {
            say(format!(
                "what was after position {} is lost, as accepted: all is recomputed",
                by.began_after
            ));
            memory.seen = None;
            verified = self.watched(client, None, memory, false).await?;
        }
        Ok(told(&verified, memory.seen.as_ref(), from.as_ref()))
    }

    /// From the start, or from where the last such run was cut off.
    async fn recompute(&self, client: &Client, memory: &mut Memory) -> Result<bool, Failed> {
        let from = memory.resume.take();
        let verified = self.watched(client, from.as_ref(), memory, true).await?;
        let is_clean = told(&verified, None, from.as_ref());
        if is_clean {
            memory.resume = None;
        }
        Ok(is_clean)
    }

    async fn watched(
        &self,
        client: &Client,
        from: Option<&Checkpoint>,
        memory: &mut Memory,
        again: bool,
    ) -> Result<Verified, Failed> {
        let bar = ProgressBar::new(0).with_style(ProgressStyle::with_template(
            "{bar:40} {pos}/{len} events  {per_sec}  {eta}",
        )?);
        let mut kept = Instant::now();
        let mut failed = Ok(());
        let verified = verify(client, from, |progress: Progress| {
            bar.set_length(progress.head.0.unsigned_abs());
            bar.set_position(progress.position.0.unsigned_abs());
            let place = if again {
                &mut memory.resume
            } else {
                &mut memory.seen
            };
            *place = progress.checkpoint.or(place.take());
            if kept.elapsed() >= KEEP_EVERY && failed.is_ok() {
                failed = memory.keep(&self.checkpoint);
                kept = Instant::now();
            }
        })
        .await?;
        bar.finish_and_clear();
        failed?;
        Ok(verified)
    }

    /// Every signed checkpoint must be what the log has.
    async fn compare(&self, client: &Client, memory: &Memory) -> Result<bool, Failed> {
        let (Some(folder), Some(public)) = (&self.signed, &self.public_key) else {
            return Ok(true);
        };
        let mut signed = Checkpoints::of(folder).read(public)?;
        let count = signed.len();
        loop {
            match compare(client, &signed).await? {
                None => {
                    say(format!("{count} signed checkpoints hold"));
                    return Ok(true);
                }
                Some((lost, Verified::Lost { by, .. })) if memory.accepted.contains(&by.id) => {
                    signed.retain(|one| *one != lost);
                }
                Some((_, found)) => return Ok(told(&found, None, None)),
            }
        }
    }
}

fn told(verified: &Verified, reached: Option<&Checkpoint>, from: Option<&Checkpoint>) -> bool {
    match verified {
        Verified::Bad { position, why } => {
            say(format!("position {position}: {why}"));
            false
        }
        Verified::Lost { position, by } => {
            say(format!(
                "position {position} was lost when epoch {} began after position {}; \
                 if you know of that restore: --accept-epoch {}",
                by.id, by.began_after, by.id
            ));
            false
        }
        Verified::Clean { events, .. } => {
            let from = from.map_or("the start".to_owned(), |c| {
                format!("position {}", c.position)
            });
            say(format!("clean: {events} events from {from}"));
            if let Some(checkpoint) = reached {
                say(format!(
                    "checkpoint: position {}, link {}",
                    checkpoint.position, checkpoint.link
                ));
            }
            true
        }
    }
}

impl Memory {
    fn load(path: &Path) -> Result<Self, Failed> {
        match std::fs::read(path) {
            Ok(bytes) => Ok(serde_json::from_slice(&bytes)?),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Self::default()),
            Err(error) => Err(error.into()),
        }
    }

    fn keep(&self, path: &Path) -> Result<(), Failed> {
        if self.seen.is_none() && self.accepted.is_empty() {
            return Ok(());
        }
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder)?;
        }
        // Whole or not at all: half a checkpoint would stand in the way of the next run.
        let unfinished = path.with_extension("unfinished");
        std::fs::write(&unfinished, serde_json::to_vec_pretty(self)?)?;
        Ok(std::fs::rename(&unfinished, path)?)
    }
}
