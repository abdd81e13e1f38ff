//! The one door to the log of a replica: a bounded queue and a task that commits in batches.
//!
//! While a batch is being flushed the next one gathers itself, so there is no timer: light load
//! has the latency of one commit, heavy load big batches.

use super::append::{LOG_APPEND, append_bytes, check, send};
use super::connect::{ConnectError, LogConfig, check_settings, dedicated, pool};
use super::event::{Append, AppendError, Verdict};
use deadpool_postgres::Pool;
use std::collections::{HashSet, VecDeque};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{mpsc, oneshot, watch};
use tokio_postgres::{Client, Statement};
use uuid::Uuid;

const BATCH_COMMANDS_MAX: usize = 256;
const BATCH_EVENTS_MAX: usize = 1_000;
const BATCH_BYTES_MAX: usize = 1 << 20;
const RETRY_AFTER_MS: u64 = 1_000;
/// Longer than the statement's own limit: the server speaks first.
const REPLY_DEADLINE: Duration = Duration::from_secs(15);

pub(super) const EPOCH: &str = include_str!("sql/epoch.sql");

type Reply = oneshot::Sender<Result<Verdict, AppendError>>;

struct Waiting {
    append: Append,
    reply: Reply,
}

/// A cheap handle; clones share the committer and the pool of readers.
#[derive(Clone)]
pub struct Log {
    queue: mpsc::Sender<Waiting>,
    queue_max: usize,
    pub(super) pool: Pool,
    epoch: Arc<Uuid>,
    appended: watch::Receiver<u64>,
}

impl Log {
    /// # Errors
    /// When Postgres is out of reach, the schema is missing, or a setting would lose commands.
    pub async fn connect(config: &LogConfig) -> Result<Self, ConnectError> {
        let client = dedicated(&config.database_url).await?;
        check_settings(&client).await?;
        let epoch: Uuid = client
            .query_one(EPOCH, &[])
            .await
            .map_err(|_| ConnectError::Unavailable)?
            .get(0);
        let (queue, waiting) = mpsc::channel(config.queue_commands_max);
        let (bell, appended) = watch::channel(0);
        let url = config.database_url.clone();
        tokio::spawn(
            Committer {
                url,
                connection: None,
                held_back: VecDeque::new(),
                bell,
            }
            .run(waiting),
        );
        Ok(Self {
            queue,
            queue_max: config.queue_commands_max,
            pool: pool(&config.database_url, config.pool_max)?,
            epoch: Arc::new(epoch),
            appended,
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
            .map_err(|_| AppendError::QueueFull {
                limit: self.queue_max,
                retry_after_ms: RETRY_AFTER_MS,
            })?;
        answer.await.unwrap_or(Err(AppendError::Unknown))
    }

    /// Many commands, at most one a stream; verdicts in the order given. Waits for room in the
    /// queue instead of refusing: for imports and definitions.
    pub async fn append_all(&self, appends: Vec<Append>) -> Vec<Result<Verdict, AppendError>> {
        let mut answers = Vec::with_capacity(appends.len());
        for append in appends {
            let (reply, answer) = oneshot::channel();
            match check(&append) {
                Err(error) => answers.push(Err(error)),
                Ok(()) => answers.push(match self.queue.send(Waiting { append, reply }).await {
                    Ok(()) => Ok(answer),
                    Err(_) => Err(AppendError::Unavailable),
                }),
            }
        }
        let mut verdicts = Vec::with_capacity(answers.len());
        for answer in answers {
            verdicts.push(match answer {
                Ok(answer) => answer.await.unwrap_or(Err(AppendError::Unknown)),
                Err(error) => Err(error),
            });
        }
        verdicts
    }

    /// Changed by a restore; part of every public position.
    #[must_use]
    pub fn epoch(&self) -> Uuid {
        *self.epoch
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
    statement: Statement,
}

struct Committer {
    url: String,
    connection: Option<Connection>,
    /// A second command for a stream (or of an id) waits for the next batch.
    held_back: VecDeque<Waiting>,
    bell: watch::Sender<u64>,
}

impl Committer {
    async fn run(mut self, mut waiting: mpsc::Receiver<Waiting>) {
        loop {
            if self.held_back.is_empty() {
                match waiting.recv().await {
                    Some(first) => self.held_back.push_back(first),
                    None => return,
                }
            }
            let batch = self.gather(&mut waiting);
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
                    for reply in replies {
                        answer(
                            reply,
                            Err(AppendError::Refused {
                                sqlstate: sqlstate.clone(),
                            }),
                        );
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
            self.connection = Some(connect(&self.url).await.map_err(Failure::All)?);
        }
        let Some(connection) = &self.connection else {
            return Err(Failure::All(AppendError::Unavailable));
        };
        let sent = send(&connection.client, &connection.statement, appends);
        match tokio::time::timeout(REPLY_DEADLINE, sent).await {
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
        match sqlstate.get(..2) {
            // Shutting down, out of connections or space, timeouts, read-only: the batch did not
            // happen, and halving it would not help.
            Some("57" | "53" | "55" | "25" | "40" | "58" | "08") => {
                self.connection = None;
                Failure::All(AppendError::Unavailable)
            }
            _ => Failure::Batch { sqlstate },
        }
    }
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

async fn connect(url: &str) -> Result<Connection, AppendError> {
    let client = dedicated(url).await?;
    let prepared = async {
        // Planning for the sizes of each batch costs more than the batch.
        client
            .batch_execute("set plan_cache_mode = force_generic_plan")
            .await?;
        client.prepare(LOG_APPEND).await
    };
    let statement = prepared.await.map_err(|_| AppendError::Unavailable)?;
    Ok(Connection { client, statement })
}

#[derive(Default)]
struct Batch {
    commands: Vec<Waiting>,
    streams: HashSet<Uuid>,
    ids: HashSet<Uuid>,
    events: usize,
    bytes: usize,
}

impl Batch {
    fn has_room(&self) -> bool {
        self.commands.len() < BATCH_COMMANDS_MAX
            && self.events < BATCH_EVENTS_MAX
            && self.bytes < BATCH_BYTES_MAX
    }

    /// Gives the command back when it must wait.
    fn take(&mut self, one: Waiting) -> Option<Waiting> {
        let append = &one.append;
        if !self.has_room()
            || self.streams.contains(&append.stream)
            || self.ids.contains(&append.command_id)
        {
            // Later commands of the stream may not overtake this one.
            self.streams.insert(append.stream);
            return Some(one);
        }
        self.streams.insert(append.stream);
        self.ids.insert(append.command_id);
        self.events += append.events.len();
        self.bytes += append_bytes(append);
        self.commands.push(one);
        None
    }
}
