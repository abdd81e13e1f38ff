//! The log from a position on, as fast as the server gives it: for whoever reads very much of it.
//!
//! Positions have no gaps, so where the next page begins is known before this one has come: its
//! query is on its way while this one is read.

use super::committer::Log;
use super::event::{AppendError, Position, Recorded};
use super::read::{Interned, READ_AFTER, recorded};
use futures::TryStreamExt;
use std::collections::VecDeque;
use tokio_postgres::{Client, RowStream, Statement};

const PAGE: i64 = 5_000;
/// Pages asked for and not read yet.
const AHEAD: usize = 2;

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
        let failed = |error: tokio_postgres::Error| {
            tracing::warn!(%error, "replaying the log failed");
            AppendError::Unavailable
        };
        let statement = client.prepare_cached(READ_AFTER);
        let statement = statement.await.map_err(failed)?;
        let mut pages = VecDeque::new();
        let (mut asked, mut last) = (after, after);
        let mut authorities = Interned::default();
        while last < to {
            while pages.len() < AHEAD && asked < to {
                let page = page(&client, &statement, asked, to).await.map_err(failed)?;
                pages.push_back(Box::pin(page));
                asked = Position((asked.0 + PAGE).min(to.0));
            }
            let Some(mut page) = pages.pop_front() else {
                break;
            };
            let end = Position((last.0 + PAGE).min(to.0));
            while let Some(row) = page.try_next().await.map_err(failed)? {
                let event = recorded(&row, &mut authorities).map_err(|error| {
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

async fn page(
    client: &Client,
    statement: &Statement,
    after: Position,
    to: Position,
) -> Result<RowStream, tokio_postgres::Error> {
    let limit = PAGE.min(to.0 - after.0);
    client.query_raw(statement, &[&after.0, &limit]).await
}
