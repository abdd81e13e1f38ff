//! Keeps a projection in step: a loop over a named outcome, one lease and one cursor each.

use super::page::{Entry, Known, PageError, cut, declares, decode};
use super::store::{self, StoreError};
use super::{NAMES, Projection, ReadPool, Visitor, with_projection};
use crate::log::cursor::{CursorError, Reader};
use crate::log::{AppendError, Log, Position};
use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::Mutex;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

pub(super) const PAGE_EVENTS: i64 = 1_000;
const LEASE_MS: i64 = 3_000;
/// A renewal is a commit: not at every step. Who stalls for longer than the lease finds out when
/// the cursor does not move.
const RENEW_AFTER: Duration = Duration::from_millis(1_000);
/// The tail says when there is more; where nobody keeps it, looking does.
const LOOK_EVERY: Duration = Duration::from_millis(250);
/// With the lease: how long a projection stands still when its owner is gone.
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
    /// Another replica keeps this projection.
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

/// What one projection has read of declarations, and up to where.
#[derive(Default)]
struct Memory {
    known: Known,
    up_to: Position,
    held: Option<Held>,
    /// The live table is as this build writes it.
    is_in_shape: bool,
    /// Parked streams had their chance since the start and the last declaration.
    has_tried_again: bool,
}

/// A lease taken or renewed at `at`, and where the cursor stood then or has been moved to since.
#[derive(Clone, Copy)]
struct Held {
    position: Position,
    at: Instant,
}

/// A cheap handle.
#[derive(Clone)]
pub struct Runner {
    pub(super) log: Log,
    pub(super) pool: ReadPool,
    owner: Uuid,
    /// One task a projection takes its own entry; the lock is held while a page is applied.
    memories: Arc<HashMap<&'static str, Mutex<Memory>>>,
}

impl Runner {
    #[must_use]
    pub fn new(log: Log) -> Self {
        let pool = log.pool().clone();
        let memories = NAMES.map(|name| (name, Mutex::default()));
        Self {
            log,
            pool,
            owner: Uuid::new_v4(),
            memories: Arc::new(memories.into()),
        }
    }

    /// Keeps one projection in step until told to stop. Errors are logged and tried again; a gap
    /// stays an error for ever.
    pub async fn keep(self, name: &'static str, shutdown: CancellationToken) {
        let mut reached = self.log.reached();
        loop {
            reached.mark_unchanged();
            let pause = match self.step(name).await {
                Ok(Step::Applied(count)) if count < PAGE_FULL => GATHER,
                Ok(Step::Applied(_)) => Duration::ZERO,
                Ok(Step::Idle) => LOOK_EVERY,
                Ok(Step::Elsewhere) => ELSEWHERE,
                Err(error) => {
                    tracing::error!(projection = name, %error, "a projection stands still");
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
            && let Err(error) = self.reader(name).release(&**client).await
        {
            tracing::debug!(%error, "a lease was left to run out");
        }
    }

    /// Applies one page of one projection.
    ///
    /// # Errors
    /// When Postgres is out of reach, or the log has a hole.
    pub async fn step(&self, name: &str) -> Result<Step, RunnerError> {
        with_projection(name, &StepVisitor(self))
            .await
            .unwrap_or_else(|| {
                Err(RunnerError::UnknownProjection {
                    found: name.to_owned(),
                })
            })
    }

    /// Every projection up to the end of the log; for tests and after an import.
    ///
    /// # Errors
    /// As `step`.
    pub async fn run_until_idle(&self) -> Result<(), RunnerError> {
        for name in NAMES {
            while let Step::Applied(_) = self.step(name).await? {}
        }
        Ok(())
    }

    async fn step_of<P: Projection>(&self) -> Result<Step, RunnerError> {
        let Some(memory) = self.memories.get(P::NAME) else {
            return Ok(Step::Idle);
        };
        let mut memory = memory.lock().await;
        let mut client = self.pool.get().await?;
        let table = store::live_table::<P>();
        let reader = self.reader(P::NAME);
        // Given back only by a step that went through: after an error the cursor is asked again.
        let mut held = match memory
            .held
            .take()
            .filter(|held| held.at.elapsed() < RENEW_AFTER)
        {
            Some(held) => held,
            None => {
                let at = Instant::now();
                let Some(position) = reader.lease(&**client).await? else {
                    return Ok(Step::Elsewhere);
                };
                Held { position, at }
            }
        };
        if !memory.is_in_shape {
            if store::reshape::<P>(&mut client, &reader.name).await? {
                held.position = Position(0);
            }
            memory.is_in_shape = true;
        }
        let from = held.position;
        if from == Position(0) {
            store::create::<P, _>(&client, &table).await?;
        }
        if !memory.has_tried_again {
            self.try_again::<P>(&mut client, &reader, (&table, from))
                .await?;
            memory.has_tried_again = true;
        }
        let mut page = self.log.follow(from, PAGE_EVENTS).await?;
        cut(&mut page);
        let Some(to) = page.last().map(|event| event.position) else {
            memory.held = Some(held);
            return Ok(Step::Idle);
        };
        self.recall(&mut memory, from).await?;
        for declared in page.iter().filter(|event| event.stream_kind.declares()) {
            memory.known.take(declared)?;
        }
        memory.up_to = to;
        memory.has_tried_again = !page.first().is_some_and(|event| declares(event));
        let count = page.len();
        let entries = decode(from, page)?;
        let transaction = client.transaction().await?;
        self.apply::<P>(&transaction, &table, &entries, &memory.known)
            .await?;
        if !reader.advance(&*transaction, from, to).await? {
            memory.up_to = Position(-1);
            return Ok(Step::Elsewhere);
        }
        transaction.commit().await?;
        memory.held = Some(Held {
            position: to,
            ..held
        });
        metrics::counter!("rfa_projection_events_total", "projection" => P::NAME)
            .increment(count as u64);
        Ok(Step::Applied(count))
    }

    /// Rows of a page, and the streams that it parks. The caller moves the cursor.
    async fn apply<P: Projection>(
        &self,
        client: &deadpool_postgres::Transaction<'_>,
        table: &str,
        entries: &[Entry],
        known: &Known,
    ) -> Result<(), RunnerError> {
        let parked = store::load_parked(client, P::NAME).await?;
        let newly = store::apply::<P, _>(client, table, entries, known, &parked).await?;
        store::park(client, P::NAME, &newly).await?;
        Ok(())
    }

    /// Declarations before the page, unless they are in memory already.
    async fn recall(&self, memory: &mut Memory, from: Position) -> Result<(), RunnerError> {
        if memory.up_to == from && from != Position(0) {
            return Ok(());
        }
        let mut known = Known::default();
        for event in self.log.read_declared(Position(0)).await? {
            if event.position <= from {
                known.take(&event)?;
            }
        }
        memory.known = known;
        memory.up_to = from;
        Ok(())
    }

    pub(super) fn reader(&self, name: &str) -> Reader {
        Reader {
            name: format!("projection/{name}"),
            epoch: self.log.epoch(),
            owner: self.owner,
            lease_ms: LEASE_MS,
        }
    }
}

struct StepVisitor<'a>(&'a Runner);

impl Visitor for StepVisitor<'_> {
    type Output = Result<Step, RunnerError>;

    async fn visit<P: Projection>(&self) -> Self::Output {
        self.0.step_of::<P>().await
    }
}
