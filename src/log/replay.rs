//! The log from a position on, as fast as the server gives it: for whoever reads very much of it.
//!
//! Positions have no gaps, so where the next page begins is known before this one has come: the
//! server works on it while this one is read.

use super::committer::Log;
use super::event::{AppendError, Position, Recorded};
use super::read::{Interned, READ_AFTER, recorded};
use deadpool_postgres::Object;
use tokio::task::JoinHandle;
use tokio_postgres::Row;

const PAGE: i64 = 5_000;

type Page = Result<(Object, Vec<Row>), tokio_postgres::Error>;

impl Log {
    /// Every event after `after` up to and with `to`, in order, one at a time.
    ///
    /// # Errors
    /// When Postgres is out of reach, or the log has a hole; `each` says whether to go on.
    pub async fn replay(
        &self,
        after: Position,
        to: Position,
        mut each: impl FnMut(Recorded) -> bool,
    ) -> Result<Position, AppendError> {
        let client = self.pool().get().await;
        let client = client.map_err(|_| AppendError::Unavailable)?;
        let mut last = after;
        let mut authorities = Interned::default();
        let mut coming = ask(client, last, to);
        while last < to {
            let page = coming.await.map_err(|_| AppendError::Unavailable)?;
            let (client, rows) = page.map_err(|error| {
                tracing::warn!(%error, "replaying the log failed");
                AppendError::Unavailable
            })?;
            let end = Position((last.0 + PAGE).min(to.0));
            coming = ask(client, end, to);
            for row in &rows {
                let event = recorded(row, &mut authorities).map_err(|error| {
                    tracing::error!(%error, "an event of the log cannot be read");
                    AppendError::Unavailable
                })?;
                if event.position.0 != last.0 + 1 {
                    break;
                }
                last = event.position;
                if !each(event) {
                    return Ok(last);
                }
            }
            if last != end {
                tracing::error!(after = %last, "the log has a hole");
                return Err(AppendError::Unavailable);
            }
        }
        Ok(last)
    }
}

/// Begins at once, whoever waits for it.
fn ask(client: Object, after: Position, to: Position) -> JoinHandle<Page> {
    let limit = PAGE.min(to.0 - after.0);
    tokio::spawn(async move {
        let statement = client.prepare_cached(READ_AFTER).await?;
        let rows = client.query(&statement, &[&after.0, &limit]).await?;
        Ok((client, rows))
    })
}
