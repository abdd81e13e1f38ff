//! Looks at a bounded range of what may be due and raises it. Any number of sweepers may run: the
//! command's id and the append judge, not a lock.

use crate::commands::{Ask, Command, CommandError, Commands, Provenance};
use crate::domain::ids::RequestId;
use crate::domain::request::actor::Principal;
use crate::domain::request::rung::{DueRung, Look, Place};
use futures::StreamExt;
use futures::future::BoxFuture;
use jiff::Timestamp;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// The read table follows within this: then the rung after the one that was raised is there.
const SOON: Duration = Duration::from_secs(1);

/// The range could not be read.
#[derive(Debug, Clone, Copy, thiserror::Error)]
#[error("what is due cannot be found")]
pub struct NotFound;

/// Where due rungs are found. Handed in: the read tables are not ours to know.
pub type FindDue =
    Arc<dyn Fn(Look) -> BoxFuture<'static, Result<Vec<DueRung>, NotFound>> + Send + Sync>;

/// What one step came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// So many rungs are in the log that were not there before.
    Raised(usize),
    /// So many rows were looked at, none can be raised, and more follow.
    Passed(usize),
    /// The range has come to its end.
    Idle,
}

#[derive(Debug, Clone, Copy)]
pub struct Pace {
    /// Between two looks when nothing is due.
    pub look_every: Duration,
    /// Rows of one look, at most.
    pub rows_max: i64,
    /// Commands under way at once; the log's committer appends them together.
    pub at_once: usize,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            look_every: Duration::from_secs(15),
            rows_max: 500,
            at_once: 64,
        }
    }
}

/// One a replica.
pub struct Sweeper {
    commands: Commands,
    find: FindDue,
    pace: Pace,
    engine: Principal,
    /// The next look goes on behind this: rows that cannot be raised hide none behind them.
    after: Place,
}

impl Sweeper {
    #[must_use]
    pub fn new(commands: Commands, find: FindDue, pace: Pace) -> Self {
        Self {
            commands,
            find,
            pace,
            engine: Principal::engine(),
            after: Place::FIRST,
        }
    }

    /// Until told to stop; the step under way is finished first.
    pub async fn run(mut self, now: fn() -> Timestamp, shutdown: CancellationToken) {
        while !shutdown.is_cancelled() {
            let pause = match self.step(now()).await {
                Ok(Outcome::Raised(_)) => SOON.min(self.pace.look_every),
                Ok(Outcome::Passed(_)) => continue,
                Ok(Outcome::Idle) => self.pace.look_every,
                Err(error) => {
                    tracing::warn!(%error, "the timers stand still");
                    self.pace.look_every
                }
            };
            tokio::select! {
                () = shutdown.cancelled() => {}
                () = tokio::time::sleep(pause) => {}
            }
        }
    }

    /// One look at one bounded range, and a command for every rung in it.
    ///
    /// # Errors
    /// When the range cannot be read. A command that fails is tried again at a later look.
    pub async fn step(&mut self, now: Timestamp) -> Result<Outcome, NotFound> {
        let look = Look {
            up_to: now,
            after: std::mem::replace(&mut self.after, Place::FIRST),
            limit: self.pace.rows_max,
        };
        let due = (self.find)(look).await?;
        let count = due.len();
        let is_full = i64::try_from(count).is_ok_and(|count| count >= self.pace.rows_max);
        if let (Some(last), true) = (due.last(), is_full) {
            self.after = Place::of(last);
        }
        let raised = self.raise_all(due, now).await;
        Ok(match (raised, is_full) {
            (0, true) => Outcome::Passed(count),
            (0, false) => Outcome::Idle,
            (raised, _) => Outcome::Raised(raised),
        })
    }

    /// Requests side by side; the rungs of one request one after the other.
    async fn raise_all(&self, due: Vec<DueRung>, now: Timestamp) -> usize {
        let mut requests: BTreeMap<(String, RequestId), Vec<DueRung>> = BTreeMap::new();
        for rung in due {
            let key = (rung.authority.to_string(), rung.request);
            requests.entry(key).or_default().push(rung);
        }
        let each = requests.into_values().map(|rungs| async move {
            let mut lags: Vec<i64> = Vec::new();
            for rung in rungs {
                if self.raise(&rung, now).await {
                    lags.push(now.as_second() - rung.next_at.as_second());
                }
            }
            lags
        });
        let lags: Vec<Vec<i64>> = futures::stream::iter(each)
            .buffer_unordered(self.pace.at_once)
            .collect()
            .await;
        let lags: Vec<i64> = lags.into_iter().flatten().collect();
        measure(&lags);
        lags.len()
    }

    /// Whether it is in the log now and was not before.
    async fn raise(&self, due: &DueRung, now: Timestamp) -> bool {
        let request = due.request;
        match self.commands.execute(self.command(due), now).await {
            Ok(receipt) => !receipt.duplicate,
            // The read table lags or counts by an older calendar: the log is right.
            Err(CommandError::Refused(refusal)) => {
                tracing::debug!(%request, rung = %due.rung, %refusal, "a rung is not due");
                false
            }
            Err(error) => {
                tracing::warn!(%request, rung = %due.rung, %error, "a rung could not be raised");
                metrics::counter!("rfa_rungs_failed_total").increment(1);
                false
            }
        }
    }

    /// The same rung is the same command, whoever sends it and however often.
    fn command(&self, due: &DueRung) -> Command {
        let key = format!("{}/{}", due.request, due.rung);
        Command {
            authority: due.authority.clone(),
            actor: self.engine.clone(),
            on_behalf_of: None,
            correlation: Uuid::new_v5(&due.request.0, key.as_bytes()),
            key,
            ask: Ask::Raise {
                request: due.request,
                rung: due.rung.clone(),
            },
            if_match: None,
            occurred_at: None,
            provenance: Provenance::Live,
            causation: None,
        }
    }
}

/// Seconds from when each could be raised to when it was.
fn measure(lags: &[i64]) {
    metrics::counter!("rfa_rungs_raised_total").increment(lags.len() as u64);
    let longest = lags.iter().copied().max().unwrap_or(0);
    metrics::gauge!("rfa_rungs_lag_seconds")
        .set(f64::from(i32::try_from(longest).unwrap_or(i32::MAX)));
}
