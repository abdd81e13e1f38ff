//! Streams that are asked for at the same time are read by one statement.
//!
//! As with the committer there is no timer: while statements are under way the next one gathers itself,
//! so that a lone reader waits for nobody and many share their round trips.

use super::connect::{ConnectError, pool_of_one_plan};
use super::event::AppendError;
use deadpool_postgres::Pool;
use std::sync::Arc;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, oneshot};
use tokio_postgres::Row;
use tokio_postgres::types::ToSql;
use uuid::Uuid;

const READ_STREAM: &str = include_str!("sql/read_stream.sql");
const READ_EACH_STREAM: &str = include_str!("sql/read_each_stream.sql");
/// One that reads a long stream does not keep all others waiting.
const STATEMENTS_MAX: usize = 2;
const STREAMS_MAX: usize = 256;
/// Whoever asks beyond these waits for room.
const WAITING_MAX: usize = 4_096;
/// Of `read_each_stream.sql`, behind the columns of an event.
const NTH: usize = 21;

type Rows = Result<Vec<Row>, AppendError>;

struct Asked {
    authority: String,
    stream: Uuid,
    after_version: i32,
    reply: oneshot::Sender<Rows>,
}

/// A cheap handle to the task that gathers.
#[derive(Clone)]
pub(super) struct StreamReader {
    asked: mpsc::Sender<Asked>,
}

impl StreamReader {
    pub(super) fn start(url: &str) -> Result<Self, ConnectError> {
        let pool = pool_of_one_plan(url, STATEMENTS_MAX)?;
        let (asked, waiting) = mpsc::channel(WAITING_MAX);
        tokio::spawn(gather(pool, waiting));
        Ok(Self { asked })
    }

    /// Rows of one stream after a version, in order, with the columns that all readers of events share.
    pub(super) async fn read(&self, authority: &str, stream: Uuid, after_version: i32) -> Rows {
        let (reply, rows) = oneshot::channel();
        let asked = Asked {
            authority: authority.to_owned(),
            stream,
            after_version,
            reply,
        };
        let sent = self.asked.send(asked).await;
        sent.map_err(|_| AppendError::Unavailable)?;
        rows.await.unwrap_or(Err(AppendError::Unavailable))
    }
}

/// Ends with the last handle.
async fn gather(pool: Pool, mut waiting: mpsc::Receiver<Asked>) {
    let statements = Arc::new(Semaphore::new(STATEMENTS_MAX));
    while let Some(first) = waiting.recv().await {
        let Ok(turn) = Arc::clone(&statements).acquire_owned().await else {
            return;
        };
        let mut together = vec![first];
        while together.len() < STREAMS_MAX
            && let Ok(one) = waiting.try_recv()
        {
            together.push(one);
        }
        tokio::spawn(answer(pool.clone(), together, turn));
    }
}

async fn answer(pool: Pool, together: Vec<Asked>, turn: OwnedSemaphorePermit) {
    let found = read(&pool, &together).await;
    drop(turn);
    let mut rows = match found {
        Ok(rows) => rows.into_iter().map(Ok).collect(),
        Err(error) => {
            tracing::warn!(%error, "reading the log failed");
            Vec::new()
        }
    }
    .into_iter();
    for asked in together {
        let rows = rows.next().unwrap_or(Err(AppendError::Unavailable));
        if asked.reply.send(rows).is_err() {
            tracing::debug!("nobody waits for the stream any more");
        }
    }
}

#[derive(Debug, thiserror::Error)]
enum ReadError {
    #[error(transparent)]
    Pool(#[from] deadpool_postgres::PoolError),
    #[error(transparent)]
    Postgres(#[from] tokio_postgres::Error),
}

/// The rows of each, in the order asked.
async fn read(pool: &Pool, together: &[Asked]) -> Result<Vec<Vec<Row>>, ReadError> {
    let client = pool.get().await?;
    if let [one] = together {
        let prepared = client.prepare_cached(READ_STREAM).await?;
        let parameters: [&(dyn ToSql + Sync); 3] =
            [&one.authority, &one.stream, &one.after_version];
        return Ok(vec![client.query(&prepared, &parameters).await?]);
    }
    let authorities: Vec<&str> = together.iter().map(|one| &*one.authority).collect();
    let streams: Vec<Uuid> = together.iter().map(|one| one.stream).collect();
    let after: Vec<i32> = together.iter().map(|one| one.after_version).collect();
    let prepared = client.prepare_cached(READ_EACH_STREAM).await?;
    let rows = client
        .query(&prepared, &[&authorities, &streams, &after])
        .await?;
    let mut each: Vec<Vec<Row>> = together.iter().map(|_| Vec::new()).collect();
    for row in rows {
        let nth: i64 = row.try_get(NTH)?;
        let asked = usize::try_from(nth - 1).ok();
        if let Some(of) = asked.and_then(|asked| each.get_mut(asked)) {
            of.push(row);
        }
    }
    Ok(each)
}
