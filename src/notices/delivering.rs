//! The worker: one owner by lease; it enqueues what the log says, tries what is due, and writes down
//! what became of it.

use super::attempt::{Outcome, Outlets};
use super::due::{self, Due, Flying};
use super::fan::Fan;
use super::pace::Pace;
use crate::commands::{Registry, RegistryError};
use crate::domain::ids::PrincipalId;
use crate::log::cursor::{CursorError, Reader};
use crate::log::vault::Vault;
use crate::log::{AppendError, Log, Position};
use crate::relay::page::Gap;
use jiff::Timestamp;
use std::collections::{BTreeSet, HashMap};
use std::time::{Duration, Instant};
use tokio::sync::watch;
use tokio::task::{Id, JoinError, JoinSet};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

pub(super) const CURSOR: &str = "notices";
const LEASE_MS: i64 = 15_000;
const RENEW_AFTER: Duration = Duration::from_secs(5);
const MEASURE_EVERY: Duration = Duration::from_secs(5);
/// What is on its way at the end gets so long.
const LAST_ATTEMPTS: Duration = Duration::from_secs(5);

#[derive(Debug, thiserror::Error)]
pub enum NoticeError {
    #[error(transparent)]
    Log(#[from] AppendError),
    #[error(transparent)]
    Cursor(#[from] CursorError),
    #[error("Postgres cannot be reached")]
    Postgres(#[from] tokio_postgres::Error),
    #[error("no connection to Postgres is free")]
    Pool(#[from] deadpool_postgres::PoolError),
    #[error(transparent)]
    Registry(#[from] RegistryError),
    #[error(transparent)]
    Gap(#[from] Gap),
    #[error("the event at {position} cannot be read: {why}")]
    Unreadable { position: Position, why: String },
    #[error("another replica has taken over")]
    LostLease,
}

/// What one step came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// There is more to enqueue, or attempts began or ended.
    Busy,
    Idle,
    /// Another replica does it.
    Elsewhere,
}

pub struct Notices {
    log: Log,
    vault: Vault,
    registry: Registry,
    fan: Fan,
    outlets: Outlets,
    pace: Pace,
    now: fn() -> Timestamp,
    owner: Uuid,
    /// The cursor while the lease is ours, and when that was last renewed.
    held: Option<(Position, Instant)>,
    measured_at: Option<Instant>,
    flying: HashMap<Id, Due>,
    attempts: JoinSet<(Due, Outcome)>,
    status: watch::Sender<NoticesStatus>,
}

/// Of this replica.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NoticesStatus {
    /// Why it stands still, if it does.
    pub trouble: Option<String>,
}

type Ended = Result<(Id, (Due, Outcome)), JoinError>;

impl Notices {
    #[must_use]
    pub fn new(
        registry: Registry,
        vault: Vault,
        outlets: Outlets,
        pace: Pace,
        now: fn() -> Timestamp,
    ) -> Self {
        Self {
            log: registry.log().clone(),
            vault,
            registry: registry.clone(),
            fan: Fan::new(registry),
            outlets,
            pace,
            now,
            owner: Uuid::new_v4(),
            held: None,
            measured_at: None,
            flying: HashMap::new(),
            attempts: JoinSet::new(),
            status: watch::Sender::default(),
        }
    }

    #[must_use]
    pub fn reporting_to(self, status: watch::Sender<NoticesStatus>) -> Self {
        Self { status, ..self }
    }

    pub async fn run(mut self, shutdown: CancellationToken) {
        let mut bell = self.log.appended();
        while !shutdown.is_cancelled() {
            bell.mark_unchanged();
            let stepped = self.step().await;
            let trouble = stepped.as_ref().err().map(ToString::to_string);
            self.status.send_if_modified(|status| {
                let is_new = status.trouble != trouble;
                status.trouble = trouble;
                is_new
            });
            let pause = match stepped {
                Ok(Step::Busy) => continue,
                Ok(Step::Idle) => self.pace.look_every,
                Ok(Step::Elsewhere) => Duration::from_secs(1),
                Err(error) => {
                    tracing::warn!(%error, "notices stand still");
                    // A replica that can go on may.
                    self.leave().await;
                    Duration::from_secs(1)
                }
            };
            tokio::select! {
                () = shutdown.cancelled() => {}
                () = tokio::time::sleep(pause) => {}
                rung = bell.changed(), if pause == self.pace.look_every => match rung {
                    Ok(()) => tokio::time::sleep(self.pace.gather).await,
                    Err(_) => break,
                },
                Some(ended) = self.attempts.join_next_with_id() => self.settled(ended).await,
            }
        }
        let last = async {
            while let Some(ended) = self.attempts.join_next_with_id().await {
                self.settled(ended).await;
            }
        };
        if tokio::time::timeout(LAST_ATTEMPTS, last).await.is_err() {
            tracing::info!("attempts were left, and are made again");
        }
        self.leave().await;
    }

    /// # Errors
    /// When a side is out of reach: nothing is lost, and something may be sent again.
    pub async fn step(&mut self) -> Result<Step, NoticeError> {
        let Some(mut cursor) = self.lease().await? else {
            self.held = None;
            self.fan.forget();
            return Ok(Step::Elsewhere);
        };
        let mut busy = false;
        while let Some(ended) = self.attempts.try_join_next_with_id() {
            self.settled(ended).await;
            busy = true;
        }
        let reader = self.reader();
        if let Some((to, is_full)) = self.fan.page(&reader, cursor).await? {
            cursor = to;
            busy |= is_full;
        }
        self.held = self.held.map(|(_, renewed_at)| (cursor, renewed_at));
        let flying: BTreeSet<Flying> = self.flying.values().map(Due::flying).collect();
        for due in due::due(&self.log, &flying).await? {
            busy = true;
            let task = self.attempts.spawn(self.attempt(due.clone()));
            self.flying.insert(task.id(), due);
        }
        if self
            .measured_at
            .is_none_or(|at| at.elapsed() >= MEASURE_EVERY)
        {
            self.look_after().await?;
            self.measured_at = Some(Instant::now());
        }
        Ok(if busy { Step::Busy } else { Step::Idle })
    }

    async fn lease(&mut self) -> Result<Option<Position>, NoticeError> {
        if let Some((cursor, renewed_at)) = self.held
            && renewed_at.elapsed() < RENEW_AFTER
        {
            return Ok(Some(cursor));
        }
        let client = self.log.pool().get().await?;
        let leased = self.reader().lease(&**client).await?;
        self.held = leased.map(|cursor| (cursor, Instant::now()));
        Ok(leased)
    }

    fn reader(&self) -> Reader {
        Reader {
            name: CURSOR.to_owned(),
            epoch: self.log.epoch(),
            owner: self.owner,
            lease_ms: LEASE_MS,
        }
    }

    /// One attempt, on a task of its own.
    fn attempt(&self, due: Due) -> impl Future<Output = (Due, Outcome)> + Send + use<> {
        let (log, vault) = (self.log.clone(), self.vault.clone());
        let outlets = self.outlets.clone();
        let (deadline, at) = (self.pace.deadline, (self.now)());
        // Roles may have gone since it was put on its way.
        let declared = self.registry.of(&due.authority);
        let owner = PrincipalId::parse(&due.principal).ok();
        let owner = owner.and_then(|id| declared.find_principal(&id)).cloned();
        async move {
            let tried = outlets.attempt((&log, &vault), (&due, owner.as_ref()), at);
            let outcome = tokio::time::timeout(deadline, tried).await;
            let late = |_| Outcome::Failed(format!("no answer within {deadline:?}"));
            (due, outcome.unwrap_or_else(late))
        }
    }

    /// What cannot be written down is tried again, by whoever has the lease then.
    async fn settled(&mut self, ended: Ended) {
        let (due, outcome) = match ended {
            Ok((id, settled)) => {
                self.flying.remove(&id);
                settled
            }
            Err(panicked) => {
                tracing::error!(error = %panicked, "an attempt panicked");
                let Some(due) = self.flying.remove(&panicked.id()) else {
                    return;
                };
                (due, Outcome::Failed("the attempt panicked".to_owned()))
            }
        };
        let (subscription, position) = (due.subscription, due.position.0);
        let at_once = Pace {
            give_up_after: Duration::ZERO,
            ..self.pace
        };
        let written = match &outcome {
            Outcome::Arrived => due::arrived(&self.log, &due).await.map(|()| false),
            Outcome::Gone => due::gone(&self.log, &due).await.map(|()| false),
            Outcome::Failed(why) => due::failed(&self.log, &due, why, &self.pace).await,
            Outcome::Refused(why) => due::failed(&self.log, &due, why, &at_once).await,
        };
        let told = match (&outcome, &written) {
            (Outcome::Arrived, _) => "arrived",
            (Outcome::Gone, _) => "gone",
            (Outcome::Failed(_) | Outcome::Refused(_), Ok(true)) => "parked",
            (Outcome::Failed(_) | Outcome::Refused(_), _) => "failed",
        };
        let channel = due.channel.as_str();
        metrics::counter!("rfa_notices_total", "channel" => channel, "outcome" => told)
            .increment(1);
        if let Outcome::Failed(why) | Outcome::Refused(why) = &outcome {
            tracing::info!(%subscription, position, why, told, "a notice did not arrive");
        }
        if let Err(error) = written {
            tracing::warn!(%error, "what became of a notice cannot be written");
        }
    }

    /// Ends what nobody answers, and shows how much waits.
    async fn look_after(&self) -> Result<(), NoticeError> {
        for subscription in due::forget(&self.log, self.pace.forget_after).await? {
            tracing::warn!(%subscription, "a subscription that nobody answers has ended");
        }
        let (waiting, parked) = due::counts(&self.log).await?;
        for (name, count) in [("waiting", waiting), ("parked", parked)] {
            metrics::gauge!("rfa_notices", "what" => name).set(count as f64);
        }
        Ok(())
    }

    /// The next owner may start at once.
    async fn leave(&mut self) {
        self.held = None;
        self.fan.forget();
        if let Ok(client) = self.log.pool().get().await
            && let Err(error) = self.reader().release(&**client).await
        {
            tracing::debug!(%error, "a lease was left to run out");
        }
    }
}
