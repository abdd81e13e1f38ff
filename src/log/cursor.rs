//! How far a reader has come. A cursor moves by compare-and-set, in the transaction of what was
//! done with the events; a lease is a row that runs out, so that a dead owner blocks nobody.

use super::event::Position;
use tokio_postgres::GenericClient;
use uuid::Uuid;

#[derive(Debug, thiserror::Error)]
pub enum CursorError {
    #[error("Postgres cannot be reached")]
    Postgres(#[from] tokio_postgres::Error),
    /// The log was restored: positions of the reader belong to another history.
    #[error("cursor `{name}` is of epoch {found}, the log of {log}: decide where to go on")]
    OtherEpoch {
        name: String,
        found: Uuid,
        log: Uuid,
    },
    /// Forged, or of a log that was cut off: nothing that it waits for would ever come.
    #[error("cursor `{name}` is at {position}, the log ends at {head}")]
    Ahead {
        name: String,
        position: Position,
        head: Position,
    },
}

/// Who reads under which name.
#[derive(Debug, Clone)]
pub struct Reader {
    pub name: String,
    pub epoch: Uuid,
    pub owner: Uuid,
    pub lease_ms: i64,
}

impl Reader {
    /// Takes or renews the lease. `None` while another owner holds it.
    ///
    /// # Errors
    /// When Postgres is out of reach, the log has another epoch, or the cursor is ahead of it.
    pub async fn lease<C: GenericClient>(
        &self,
        client: &C,
    ) -> Result<Option<Position>, CursorError> {
        let row = client
            .query_opt(
                include_str!("sql/cursor_lease.sql"),
                &[&self.name, &self.epoch, &self.owner, &self.lease_ms],
            )
            .await?;
        let Some(row) = row else { return Ok(None) };
        let found: Uuid = row.get(0);
        if found != self.epoch {
            let name = self.name.clone();
            return Err(CursorError::OtherEpoch {
                name,
                found,
                log: self.epoch,
            });
        }
        let (position, head) = (Position(row.get(1)), Position(row.get(2)));
        if position > head {
            let name = self.name.clone();
            return Err(CursorError::Ahead {
                name,
                position,
                head,
            });
        }
        Ok(Some(position))
    }

    /// `false` when somebody else moved the cursor or took the lease: undo and start over.
    ///
    /// # Errors
    /// When Postgres is out of reach.
    pub async fn advance<C: GenericClient>(
        &self,
        client: &C,
        from: Position,
        to: Position,
    ) -> Result<bool, CursorError> {
        let moved = client
            .execute(
                include_str!("sql/cursor_advance.sql"),
                &[&self.name, &self.epoch, &from.0, &to.0, &Some(self.owner)],
            )
            .await?;
        Ok(moved == 1)
    }

    /// Lets the next owner start at once.
    ///
    /// # Errors
    /// When Postgres is out of reach; the lease then runs out by itself.
    pub async fn release<C: GenericClient>(&self, client: &C) -> Result<(), CursorError> {
        client
            .execute(
                include_str!("sql/cursor_release.sql"),
                &[&self.name, &self.owner],
            )
            .await?;
        Ok(())
    }
}
