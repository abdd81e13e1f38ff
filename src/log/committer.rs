//! The one door to the log of a replica: a bounded queue and a task that commits in batches.
//!
//! While a batch is being flushed the next one gathers itself, so there is no timer: light load
//! has the latency of one commit, heavy load big batches.

use super::append::{Statements, check, send};
use super::batch::{BATCH_COMMANDS_MAX, Batch};
use super::connect::{ConnectError, LogConfig, ONE_PLAN, Warned, check_settings, pool, watched};
use super::epoch::Epoch;
use super::event::{Append, AppendError, Verdict};
use super::stream_reader::StreamReader;
use super::tail::Tail;
use deadpool_postgres::Pool;
use futures::FutureExt;
use std::collections::VecDeque;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;
use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::{mpsc, oneshot, watch};
use tokio_postgres::Client;
use tokio_postgres::error::SqlState;
use uuid::Uuid;

const RETRY_AFTER_MS: u64 = 1_000;
/// Longer than the statement's own limit: the server speaks first.
const REPLY_DEADLINE: Duration = Duration::from_secs(15);
/// Of one command in the queue: a batch before it and its own, with a connection made anew.
const ANSWER_DEADLINE: Duration = Duration::from_secs(40);

pub(super) const EPOCH: &str = include_str!("sql/epoch.sql");

type Reply = oneshot::Sender<Result<Verdict, AppendError>>;
type Answer = oneshot::Receiver<Result<Verdict, AppendError>>;

pub(super) struct Waiting {
    pub(super) append: Append,
    reply: Reply,
}

/// A cheap handle; clones share the committer and the pool of readers.
#[derive(Clone)]
pub struct Log {
    queue: mpsc::Sender<Waiting>,
    queue_max: usize,
    pub(super) pool: Pool,
    pub(super) streams: StreamReader,
    pub(super) url: Arc<str>,
    epoch: Epoch,
    appended: watch::Receiver<u64>,
    pub(super) tail: Arc<Tail>,
}

impl Log {
    /// # Errors
    /// When Postgres is out of reach, the schema is missing, or a setting would lose commands.
    pub async fn connect(config: &LogConfig) -> Result<Self, ConnectError> {
        let connection = connect(&config.database_url).await?;
        let epoch = connection.epoch;
        let (queue, waiting) = mpsc::channel(config.queue_commands_max);
        let (bell, appended) = watch::channel(0);
        let url = config.database_url.clone();
        tokio::spawn(
            Committer {
                url,
                epoch: epoch.id,
                connection: Some(connection),
                held_back: VecDeque::new(),
                bell,
            }
            .keep_running(waiting),
        );
        Ok(Self {
            queue,
            queue_max: config.queue_commands_max,
            url: config.database_url.as_str().into(),
            pool: pool(&config.database_url, config.pool_max)?,
            streams: StreamReader::start(&config.database_url)?,
            epoch,
            appended,
            tail: Arc::default(),
        })
    }

    /// One command through the committer's queue.
    ///
    /// # Errors
    /// `QueueFull` and `Unavailable` when nothing was appended, `Unknown` when it cannot be told.
    pub async fn append(&self, append: Append) -> Result<Verdict, AppendError> {
        check(&append)?;
        let (reply, answer) = oneshot::channel();
        self.queue
            .try_send(Waiting { append, reply })
            .map_err(|error| match error {
                TrySendError::Full(_) => AppendError::QueueFull {
                    limit: self.queue_max,
                    retry_after_ms: RETRY_AFTER_MS,
                },
                TrySendError::Closed(_) => AppendError::Unavailable,
            })?;
        match tokio::time::timeout(ANSWER_DEADLINE, answered(Ok(answer))).await {
            Ok(verdict) => verdict,
            Err(_) => Err(AppendError::Unknown),
        }
    }

    /// Many commands, at most one a stream; verdicts in the order given. Waits for room in the
    /// queue instead of refusing: for imports and definitions.
    pub async fn append_all(&self, appends: Vec<Append>) -> Vec<Result<Verdict, AppendError>> {
        // The rest of the queue stays free for people.
        let window = (self.queue_max / 2).max(1);
        let mut waiting = VecDeque::with_capacity(window);
        let mut verdicts = Vec::with_capacity(appends.len());
        for append in appends {
            if waiting.len() >= window
                && let Some(oldest) = waiting.pop_front()
            {
                verdicts.push(answered(oldest).await);
            }
            waiting.push_back(self.enqueue(append).await);
        }
        for one in waiting {
            verdicts.push(answered(one).await);
        }
        verdicts
    }

    async fn enqueue(&self, append: Append) -> Result<Answer, AppendError> {
        check(&append)?;
        let (reply, answer) = oneshot::channel();
        self.queue
            .send(Waiting { append, reply })
            .await
            .map_err(|_| AppendError::Unavailable)?;
        Ok(answer)
    }

    /// Changed by a restore; part of every public position.
    #[must_use]
    pub fn epoch(&self) -> Uuid {
        self.epoch.id
    }

    /// Of which the epoch is, and where it began.
    #[must_use]
    pub fn history(&self) -> Epoch {
        self.epoch
    }

    /// Rings after every append of this replica; others are found by polling.
    #[must_use]
    pub fn appended(&self) -> watch::Receiver<u64> {
        self.appended.clone()
    }

    /// Connections with the application's rights, for read tables and tokens.
    #[must_use]
    pub fn pool(&self) -> &Pool {
        &self.pool
    }
}

struct Connection {
    client: Client,
    epoch: Epoch,
    statements: Statements,
    warned: Warned,
}

struct Committer {
    url: String,
    /// Appends are refused once the log has another: this replica's memory is of the lost one.
    epoch: Uuid,
    connection: Option<Connection>,
    /// A second command for a stream (or of an id) waits for the next batch.
    held_back: VecDeque<Waiting>,
    bell: watch::Sender<u64>,
}

impl Committer {
    /// After a panic the commands of its batch have an unknown outcome, and the others go on.
    async fn keep_running(mut self, mut waiting: mpsc::Receiver<Waiting>) {
        while AssertUnwindSafe(self.run(&mut waiting))
            .catch_unwind()
            .await
            .is_err()
        {
            tracing::error!("the committer panicked: a defect");
            metrics::counter!("rfa_tasks_ended_early_total", "task" => "committer").increment(1);
            self.connection = None;
        }
    }

    async fn run(&mut self, waiting: &mut mpsc::Receiver<Waiting>) {
        loop {
            if self.held_back.is_empty() {
                match waiting.recv().await {
                    Some(first) => self.held_back.push_back(first),
                    None => return,
                }
            }
            let batch = self.gather(waiting);
            self.commit(batch).await;
        }
    }

    fn gather(&mut self, waiting: &mut mpsc::Receiver<Waiting>) -> Vec<Waiting> {
        let mut batch = Batch::default();
        for one in std::mem::take(&mut self.held_back) {
            if let Some(back) = batch.take(one) {
                self.held_back.push_back(back);
            }
        }
        while batch.has_room() && self.held_back.len() < BATCH_COMMANDS_MAX {
            let Ok(one) = waiting.try_recv() else { break };
            if let Some(back) = batch.take(one) {
                self.held_back.push_back(back);
            }
        }
        batch.commands
    }

    /// An unforeseen error halves the batch until the command that causes it stands alone.
    async fn commit(&mut self, batch: Vec<Waiting>) {
        let mut parts = vec![batch];
        while let Some(mut part) = parts.pop() {
            let (appends, replies): (Vec<Append>, Vec<Reply>) = part
                .drain(..)
                .map(|waiting| (waiting.append, waiting.reply))
                .unzip();
            match self.try_commit(&appends).await {
                Ok(verdicts) => {
                    self.bell.send_modify(|count| *count += 1);
                    for (verdict, reply) in verdicts.into_iter().zip(replies) {
                        answer(reply, Ok(verdict));
                    }
                }
                Err(Failure::Batch { sqlstate }) if appends.len() == 1 => {
                    let with_keys = appends.iter().any(|append| append.keys.is_some());
                    let error = if with_keys && sqlstate == SqlState::UNIQUE_VIOLATION.code() {
                        AppendError::Taken
                    } else {
                        AppendError::Refused { sqlstate }
                    };
                    for reply in replies {
                        answer(reply, Err(error.clone()));
                    }
                }
                Err(Failure::Batch { .. }) => {
                    let mut left: Vec<Waiting> = appends
                        .into_iter()
                        .zip(replies)
                        .map(|(append, reply)| Waiting { append, reply })
                        .collect();
                    let right = left.split_off(left.len() / 2);
                    parts.extend([right, left]);
                }
                Err(Failure::All(error)) => {
                    for reply in replies {
                        answer(reply, Err(error.clone()));
                    }
                }
            }
        }
    }

    async fn try_commit(&mut self, appends: &[Append]) -> Result<Vec<Verdict>, Failure> {
        if self
            .connection
            .as_ref()
            .is_none_or(|c| c.client.is_closed())
        {
            let connected = connect(&self.url).await;
            self.connection = Some(connected.map_err(|error| Failure::All(error.into()))?);
        }
        let Some(connection) = &mut self.connection else {
            return Err(Failure::All(AppendError::Unavailable));
        };
        let sent = send(
            &connection.client,
            &mut connection.statements,
            self.epoch,
            appends,
        );
        match tokio::time::timeout(REPLY_DEADLINE, sent).await {
            Ok(Ok(_)) if connection.warned.load(Ordering::Acquire) => {
                tracing::error!("the server warned at a commit: a standby may not have it");
                self.connection = None;
                Err(Failure::All(AppendError::Unknown))
            }
            Ok(Ok(verdicts)) => Ok(verdicts),
            Ok(Err(error)) => Err(self.judge(&error)),
            Err(_) => {
                self.connection = None;
                Err(Failure::All(AppendError::Unknown))
            }
        }
    }

    /// The server said no: nothing was appended. Anything else leaves it open.
    fn judge(&mut self, error: &tokio_postgres::Error) -> Failure {
        let Some(db) = error.as_db_error() else {
            self.connection = None;
            tracing::warn!("the connection was lost while appending");
            return Failure::All(AppendError::Unknown);
        };
        let sqlstate = db.code().code().to_owned();
        tracing::warn!(sqlstate, "the log refused a batch");
        match sqlstate.split_at_checked(2) {
            // A crash of the server, or a commit that it cannot vouch for.
            Some(("57", "P02") | ("40", "003")) => {
                self.connection = None;
                Failure::All(AppendError::Unknown)
            }
            // Shutting down, out of connections or space, timeouts, read-only, our own statement
            // out of date, another epoch: the batch did not happen, and halving it is no help.
            Some((
                "57" | "53" | "55" | "25" | "40" | "58" | "08" | "0A" | "26" | "42" | "RF",
                _,
            )) => {
                self.connection = None;
                Failure::All(AppendError::Unavailable)
            }
            Some(_) | None => Failure::Batch { sqlstate },
        }
    }
}

async fn answered(answer: Result<Answer, AppendError>) -> Result<Verdict, AppendError> {
    answer?.await.unwrap_or(Err(AppendError::Unknown))
}

enum Failure {
    /// One of the commands is to blame.
    Batch {
        sqlstate: String,
    },
    All(AppendError),
}

/// The caller may have gone; the append stands all the same.
fn answer(reply: Reply, result: Result<Verdict, AppendError>) {
    if reply.send(result).is_err() {
        tracing::debug!("nobody waits for the verdict any more");
    }
}

/// Ready to append, on a server that keeps what it acknowledges.
async fn connect(url: &str) -> Result<Connection, ConnectError> {
    let (client, warned) = watched(url).await?;
    check_settings(&client).await?;
    // Behind the URL may be another server than before: then the writer's own epoch is refused.
    let epoch = Epoch::enter(&client).await?;
    client.batch_execute(ONE_PLAN).await?;
    let statements = Statements::prepare(&client).await?;
    warned.store(false, Ordering::Release);
    Ok(Connection {
        client,
        epoch,
        statements,
        warned,
    })
}
