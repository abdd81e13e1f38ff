//! How far the index by viewer is behind the log, and the wait until it is not.

use super::follow::{CURSOR, LookupError};
use crate::log::{Log, Position};
use std::time::{Duration, Instant};

const LOOK_EVERY: Duration = Duration::from_millis(10);
/// How long a look-up waits for what was recorded before it began.
const WAIT: Duration = Duration::from_millis(500);

/// How far the index has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LookupLag {
    pub position: Position,
    pub head: Position,
    /// Requests that cannot be followed: their viewers stand still.
    pub parked: i64,
}

impl LookupLag {
    #[must_use]
    pub fn behind(&self) -> i64 {
        (self.head.0 - self.position.0).max(0)
    }
}

/// The end of the log, and how far the index is.
struct Reach {
    head: Position,
    position: Position,
}

/// Knows how far the index has come. A cheap handle.
#[derive(Clone)]
pub struct Lookups {
    log: Log,
}

impl Lookups {
    #[must_use]
    pub fn new(log: Log) -> Self {
        Self { log }
    }

    /// How far the index is now.
    ///
    /// # Errors
    /// When Postgres is out of reach.
    pub async fn lag(&self) -> Result<LookupLag, LookupError> {
        let client = self.log.pool().get().await?;
        let statement = client.prepare_cached(include_str!("sql/lag.sql")).await?;
        let row = client.query_one(&statement, &[&CURSOR]).await?;
        Ok(LookupLag {
            head: Position(row.get("head")),
            position: Position(row.get("position")),
            parked: row.get("parked"),
        })
    }

    /// Waits until the index knows all that was recorded before the call: "nothing found" is then true,
    /// and nobody is told so because a reader was late.
    ///
    /// # Errors
    /// `Behind` when that takes too long.
    pub async fn caught_up(&self) -> Result<(), LookupError> {
        let started = Instant::now();
        let Reach { head, mut position } = self.reach().await?;
        while position < head {
            if started.elapsed() >= WAIT {
                return Err(LookupError::Behind { position });
            }
            tokio::time::sleep(LOOK_EVERY).await;
            position = self.reach().await?.position;
        }
        Ok(())
    }

    async fn reach(&self) -> Result<Reach, LookupError> {
        let client = self.log.pool().get().await?;
        let statement = client
            .prepare_cached(include_str!("sql/reached.sql"))
            .await?;
        let row = client.query_one(&statement, &[&CURSOR]).await?;
        Ok(Reach {
            head: Position(row.get("head")),
            position: Position(row.get("position")),
        })
    }
}
