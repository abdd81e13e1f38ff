//! Keeps the read tables in step: leases its share of them, and moves whatever stands at the same place
//! on together, so that a page is read and decoded once and written by one transaction.

use super::group::Groups;
use super::page::PageError;
use super::shape::Shape;
use super::shards::{Unit, cursors, share};
use super::store::StoreError;
use super::{NAMES, ReadPool, with_projection};
use crate::log::cursor::CursorError;
use crate::log::leases::{Leases, Seen};
use crate::log::{AppendError, Log, Position};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::Mutex;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

const LEASE_MS: i64 = 3_000;
/// A renewal is a commit: not at every step. Who stalls for longer than the lease finds out when
/// the cursors do not move.
const RENEW_AFTER: Duration = Duration::from_millis(1_000);
/// The tail says when there is more; where nobody keeps it, looking does.
const LOOK_EVERY: Duration = Duration::from_millis(250);
/// With the lease: how long a read table stands still when its owner is gone.
const ELSEWHERE: Duration = Duration::from_millis(500);
const AFTER_ERROR: Duration = Duration::from_secs(1);
/// Near the head a page gathers what comes meanwhile: a transaction an event would take the cores
/// from those who send.
const GATHER: Duration = Duration::from_millis(50);
const PAGE_FULL: usize = 1_000;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// So many events were applied.
    Applied(usize),
    Idle,
    /// Other replicas keep all of it.
    Elsewhere,
}

#[derive(Debug, thiserror::Error)]
pub enum RunnerError {
    #[error(transparent)]
    Log(#[from] AppendError),
    #[error(transparent)]
    Page(#[from] PageError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Cursor(#[from] CursorError),
    #[error("the read tables cannot be reached")]
    Unavailable,
    #[error("`{projection}` is kept by another build, which writes it another way")]
    AnotherBuild { projection: &'static str },
    #[error("there is no projection `{found}`; there are: {}", NAMES.join(", "))]
    UnknownProjection { found: String },
}

impl From<tokio_postgres::Error> for RunnerError {
    fn from(error: tokio_postgres::Error) -> Self {
        Self::Store(error.into())
    }
}

impl From<deadpool_postgres::PoolError> for RunnerError {
    fn from(_: deadpool_postgres::PoolError) -> Self {
        Self::Unavailable
    }
}

/// What this replica holds, and since when.
#[derive(Default)]
struct Keeping {
    groups: Groups,
    leased_at: Option<Instant>,
    /// Tables and cursors are there, as this build makes them.
    is_made: bool,
    /// That another build has taken over.
    left: BTreeSet<&'static str>,
}

/// A cheap handle.
#[derive(Clone)]
pub struct Runner {
    pub(super) log: Log,
    pub(super) pool: ReadPool,
    owner: Uuid,
    /// One task steps; the lock is held meanwhile.
    keeping: Arc<Mutex<Keeping>>,
}

impl Runner {
    #[must_use]
    pub fn new(log: Log) -> Self {
        let pool = log.pool().clone();
        Self {
            log,
            pool,
            owner: Uuid::new_v4(),
            keeping: Arc::default(),
        }
    }

    /// Keeps a fair share of the read tables in step until told to stop. Errors are logged and tried
    /// again; a gap stays an error for ever.
    pub async fn keep(self, shutdown: CancellationToken) {
        let mut reached = self.log.reached();
        loop {
            reached.mark_unchanged();
            let pause = match self.turn(Sharing::WithOthers).await {
                Ok(Turn { applied, .. }) if applied >= PAGE_FULL => Duration::ZERO,
                Ok(Turn { applied, .. }) if applied > 0 => GATHER,
                Ok(Turn { holds: false, .. }) => ELSEWHERE,
                Ok(_) => LOOK_EVERY,
                Err(error) => {
                    tracing::error!(%error, "the read tables stand still");
                    AFTER_ERROR
                }
            };
            tokio::select! {
                () = shutdown.cancelled() => break,
                () = tokio::time::sleep(pause) => {}
                moved = reached.changed(), if pause == LOOK_EVERY => if moved.is_err() { break },
            }
        }
        if let Ok(client) = self.pool.get().await
            && let Err(error) = self.leases().leave(&client, &cursors(Unit::all())).await
        {
            tracing::debug!(%error, "leases were left to run out");
        }
    }

    /// Applies one page to everything that nobody else keeps.
    ///
    /// # Errors
    /// When Postgres is out of reach, the log has a hole, or a read table cannot be moved on.
    pub async fn step(&self) -> Result<Step, RunnerError> {
        let turn = self.turn(Sharing::Alone).await?;
        if let Some(error) = turn.errors.into_iter().next() {
            return Err(error);
        }
        Ok(match turn.applied {
            0 if !turn.holds => Step::Elsewhere,
            0 => Step::Idle,
            applied => Step::Applied(applied),
        })
    }

    /// Up to the end of the log; for tests and after an import.
    ///
    /// # Errors
    /// As `step`.
    pub async fn run_until_idle(&self) -> Result<(), RunnerError> {
        while let Step::Applied(_) = self.step().await? {}
        Ok(())
    }

    /// One page for each place at which something stands. An error of one does not keep the others.
    async fn turn(&self, sharing: Sharing) -> Result<Turn, RunnerError> {
        let mut keeping = self.keeping.lock().await;
        let keeping = &mut *keeping;
        let mut turn = Turn::default();
        if keeping
            .leased_at
            .is_none_or(|at| at.elapsed() >= RENEW_AFTER)
        {
            let at = Instant::now();
            keeping.leased_at = None;
            turn.errors = self.lease(keeping, sharing).await?;
            keeping.leased_at = Some(at);
        }
        while let Some((mut group, before)) = keeping.groups.next() {
            turn.holds = true;
            match self.page(&mut group, before).await {
                Ok(applied) => {
                    turn.applied += applied;
                    keeping.groups.done(group);
                }
                Err(RunnerError::AnotherBuild { projection }) => {
                    tracing::warn!(projection, "another build keeps a read table now");
                    keeping.left.insert(projection);
                    group.units.retain(|unit| unit.projection != projection);
                    keeping.groups.again(vec![group]);
                }
                Err(error) => match group.split() {
                    Ok(parts) => keeping.groups.again(parts),
                    Err(group) => {
                        let projection = group.projections().into_iter().next();
                        tracing::error!(projection, %error, "a projection stands still");
                        keeping.groups.set_aside(group, AFTER_ERROR);
                        turn.errors.push(error);
                    }
                },
            }
        }
        keeping.groups.begin_again();
        Ok(turn)
    }

    /// Every read table is there, empty or not: whoever reads one finds it from the first moment on.
    ///
    /// # Errors
    /// When Postgres is out of reach.
    pub async fn prepare(&self) -> Result<(), RunnerError> {
        self.make(&mut *self.keeping.lock().await).await
    }

    async fn make(&self, keeping: &mut Keeping) -> Result<(), RunnerError> {
        if keeping.is_made {
            return Ok(());
        }
        let client = self.pool.get().await?;
        self.leases().make(&client, &cursors(Unit::all())).await?;
        for name in NAMES {
            self.shape(name).await?;
        }
        keeping.is_made = true;
        Ok(())
    }

    /// Takes, renews and gives back; what is held afterwards stands where its cursor does. Cursors that
    /// cannot be followed are left alone, and told of.
    async fn lease(
        &self,
        keeping: &mut Keeping,
        sharing: Sharing,
    ) -> Result<Vec<RunnerError>, RunnerError> {
        self.make(keeping).await?;
        let leases = self.leases();
        let client = self.pool.get().await?;
        if sharing == Sharing::WithOthers {
            leases.announce(&client).await?;
        }
        let units: BTreeMap<String, Unit> = Unit::all()
            .filter(|unit| !keeping.left.contains(unit.projection))
            .map(|unit| (unit.cursor(), unit))
            .collect();
        let names: Vec<String> = units.keys().cloned().collect();
        let look = leases.look(&client, &names).await?;
        let mut errors = Vec::new();
        let mut sound = Vec::new();
        for seen in &look.cursors {
            match (self.check(seen, look.head), units.get(&seen.name)) {
                (Ok(()), Some(unit)) => sound.push((*unit, seen.holder)),
                (Ok(()), None) => {}
                (Err(error), _) => {
                    tracing::error!(%error, "a projection stands still");
                    errors.push(error.into());
                }
            }
        }
        let replicas = match sharing {
            Sharing::WithOthers => look.replicas,
            Sharing::Alone => 1,
        };
        let plan = share(&sound, replicas);
        let take = cursors(plan.take.into_iter());
        let held = leases.take(&client, &take).await?;
        let mut give = cursors(plan.give.into_iter());
        give.extend(cursors(keeping.left.iter().flat_map(|name| Unit::of(name))));
        if !give.is_empty() {
            leases.release(&client, &give).await?;
        }
        let held = held
            .into_iter()
            .filter_map(|(name, position)| Some((*units.get(&name)?, position)));
        keeping.groups.hold(held.collect());
        Ok(errors)
    }

    fn check(&self, seen: &Seen, head: Position) -> Result<(), CursorError> {
        let name = seen.name.clone();
        if seen.epoch != self.log.epoch() {
            return Err(CursorError::OtherEpoch {
                name,
                found: seen.epoch,
                log: self.log.epoch(),
            });
        }
        if seen.position > head {
            return Err(CursorError::Ahead {
                name,
                position: seen.position,
                head,
            });
        }
        Ok(())
    }

    /// The live table of a projection is there and as this build writes it.
    pub(super) async fn shape(&self, name: &str) -> Result<(), RunnerError> {
        match with_projection(name, &Shape(&self.pool)).await {
            Some(shaped) => Ok(shaped?),
            None => Err(RunnerError::UnknownProjection {
                found: name.to_owned(),
            }),
        }
    }

    pub(super) fn leases(&self) -> Leases {
        Leases {
            epoch: self.log.epoch(),
            owner: self.owner,
            lease_ms: LEASE_MS,
        }
    }
}

/// What others have to do with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sharing {
    /// Announced: each holds its share.
    WithOthers,
    /// For a moment: takes what is free, and nobody makes room for it.
    Alone,
}

#[derive(Default)]
struct Turn {
    applied: usize,
    holds: bool,
    errors: Vec<RunnerError>,
}
