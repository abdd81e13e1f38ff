//! What a replica does about its own log and keys while it serves: it signs checkpoints, forgets
//! keys in time, and ends when the log has become another.

use super::engine::Engine;
use super::signing::{find_signer, signer};
use super::supervise::Supervisor;
use crate::commands::Commands;
use crate::config::Config;
use crate::log::checkpoint::{Attested, Attestor, Checkpoints, compare};
use crate::log::connect::dedicated;
use crate::log::note::Signer;
use crate::log::verify::Verified;
use crate::log::{AppendError, Log};
use secrecy::{ExposeSecret, SecretString};
use std::error::Error;
use std::time::Duration;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

const LOOK_EVERY: Duration = Duration::from_secs(1);

pub(super) fn start(
    engine: &Engine,
    config: &Config,
    supervisor: &Supervisor,
) -> Result<Vec<JoinHandle<()>>, Box<dyn Error + Send + Sync>> {
    let (commands, log) = (engine.commands.clone(), engine.log.clone());
    let mut tasks = vec![
        supervisor.start("key-cache", move |shutdown| {
            forget(commands.clone(), shutdown)
        }),
        supervisor.start("epoch", move |shutdown| {
            end_with_epoch(log.clone(), shutdown)
        }),
    ];
    let settings = &config.settings;
    if let Some(folder) = &settings.checkpoints {
        let attesting = Attesting {
            signer: signer(config)?,
            checkpoints: Checkpoints::of(folder),
            url: config.database_url()?.clone(),
            every: Duration::from_secs(settings.checkpoint_seconds),
        };
        tasks.push(supervisor.start("checkpoints", move |shutdown| {
            attesting.clone().run(shutdown)
        }));
    } else if find_signer(config)?.is_some() {
        tracing::warn!("RFA_CHECKPOINTS is not set: no signed checkpoints are written");
    }
    Ok(tasks)
}

/// Before anything is served: what was signed must be what the log has, unless it was lost in a
/// restore. A log that is only older has lost its tail in a way that nobody has declared.
pub(super) async fn check(config: &Config) -> Result<(), Box<dyn Error + Send + Sync>> {
    let Some(folder) = &config.settings.checkpoints else {
        return Ok(());
    };
    let signed = Checkpoints::of(folder).read(&signer(config)?.public())?;
    let newest = &signed[signed.len().saturating_sub(1)..];
    let client = dedicated(config.database_url()?.expose_secret()).await?;
    match compare(&client, newest).await? {
        Some((checkpoint, Verified::Bad { why, .. })) => Err(format!(
            "position {}: {why}; if the log was restored: `rfa log new-epoch`, then start again",
            checkpoint.position
        )
        .into()),
        Some((_, Verified::Lost { .. } | Verified::Clean { .. })) | None => Ok(()),
    }
}

/// `false` at the end.
async fn pause(length: Duration, shutdown: &CancellationToken) -> bool {
    tokio::select! {
        () = shutdown.cancelled() => false,
        () = tokio::time::sleep(length) => true,
    }
}

async fn forget(commands: Commands, shutdown: CancellationToken) {
    while pause(LOOK_EVERY, &shutdown).await {
        commands.forget_expired();
    }
}

/// What this replica knows is of a history that was lost: it has to start anew.
async fn end_with_epoch(log: Log, shutdown: CancellationToken) {
    while pause(LOOK_EVERY, &shutdown).await {
        match log.read_epoch().await {
            Ok(epoch) if epoch == log.epoch() => {}
            Ok(_) => {
                tracing::error!("the log has a new epoch: this replica ends");
                shutdown.cancel();
            }
            Err(AppendError::Unavailable) => {}
            Err(error) => tracing::warn!(%error, "the log's epoch cannot be read"),
        }
    }
}

#[derive(Clone)]
struct Attesting {
    signer: Signer,
    checkpoints: Checkpoints,
    url: SecretString,
    every: Duration,
}

impl Attesting {
    async fn run(self, shutdown: CancellationToken) {
        let mut attestor = None;
        loop {
            match self.step(&mut attestor).await {
                Ok(Attested::Signed(checkpoint)) => {
                    tracing::info!(position = %checkpoint.position, "a checkpoint is signed");
                    metrics::gauge!("rfa_chain_broken").set(0.0);
                }
                Ok(Attested::Nothing) => {}
                Ok(Attested::Bad { position, why }) => {
                    metrics::gauge!("rfa_chain_broken").set(1.0);
                    tracing::error!(%position, why, "the chain is broken: nothing is signed");
                }
                Err(error) => tracing::error!(%error, "no checkpoint could be signed"),
            }
            if !pause(self.every, &shutdown).await {
                return;
            }
        }
    }

    async fn step(
        &self,
        attestor: &mut Option<Attestor>,
    ) -> Result<Attested, Box<dyn Error + Send + Sync>> {
        let client = dedicated(self.url.expose_secret()).await?;
        let attestor = match attestor {
            Some(open) => open,
            None => attestor.insert(Attestor::open(
                self.signer.clone(),
                self.checkpoints.clone(),
            )?),
        };
        Ok(attestor.step(&client).await?)
    }
}
