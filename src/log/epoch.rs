//! A restored or promoted log is another history: a new epoch tells its positions from those of
//! the lost one.

use super::connect::{ConnectError, settings};
use super::event::Position;
use tokio_postgres::{Client, NoTls};
use uuid::Uuid;

/// One history of the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Epoch {
    pub id: Uuid,
    /// Up to here it is the history before it; what that had beyond is lost.
    pub began_after: Position,
}

impl Epoch {
    /// The present one. A Postgres that was restored or promoted since begins a new one here.
    pub(super) async fn enter(client: &Client) -> Result<Self, tokio_postgres::Error> {
        let statement = include_str!("sql/epoch_enter.sql");
        let row = client.query_one(statement, &[]).await?;
        Ok(Self {
            id: row.get(0),
            began_after: Position(row.get(1)),
        })
    }
}

/// What of an earlier epoch still stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// The position is part of the present history.
    Kept,
    /// It was lost when this epoch began.
    Lost(Epoch),
    /// This log has never had that epoch.
    Unknown,
}

/// All epochs of a log, in order; the last is the present one.
pub struct Epochs(Vec<Epoch>);

impl Epochs {
    pub(super) async fn load(client: &Client) -> Result<Self, tokio_postgres::Error> {
        let rows = client.query(include_str!("sql/epochs.sql"), &[]).await?;
        Ok(Self(
            rows.iter()
                .map(|row| Epoch {
                    id: row.get(0),
                    began_after: Position(row.get(1)),
                })
                .collect(),
        ))
    }

    #[must_use]
    pub fn standing(&self, epoch: Uuid, position: Position) -> Standing {
        let Some(at) = self.0.iter().position(|known| known.id == epoch) else {
            return Standing::Unknown;
        };
        let later = self.0.iter().skip(at + 1);
        later
            .copied()
            .find(|next| next.began_after < position)
            .map_or(Standing::Kept, Standing::Lost)
    }
}

/// What the beginning of an epoch came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Begun {
    pub epoch: Epoch,
    pub before: Uuid,
    /// Readers that go on where they are.
    pub moved: Vec<String>,
    /// Readers that are ahead of the log, or of an epoch before: they stand still until somebody
    /// decides where they go on.
    pub left: Vec<String>,
}

/// Begins a new epoch after the last position there is: for a log that was copied in a way that
/// Postgres does not notice. Needs the rights of the log's owner. Replicas that still run append
/// nothing more and end.
///
/// # Errors
/// When Postgres is out of reach or the rights are missing.
pub async fn begin(url: &str) -> Result<Begun, ConnectError> {
    let (client, connection) = settings(url)?
        .connect(NoTls)
        .await
        .map_err(ConnectError::Unavailable)?;
    let driver = tokio::spawn(connection);
    let statement = include_str!("sql/epoch_begin.sql");
    let row = client.query_one(statement, &[]).await?;
    drop(client);
    if driver.await.is_err() {
        tracing::debug!("the connection for a new epoch ended early");
    }
    let names = |at: usize| row.get::<_, Option<Vec<String>>>(at).unwrap_or_default();
    Ok(Begun {
        epoch: Epoch {
            id: row.get(0),
            began_after: Position(row.get(1)),
        },
        before: row.get(2),
        moved: names(3),
        left: names(4),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_position_stands_unless_a_later_epoch_began_before_it() {
        let id = Uuid::from_u128;
        let epochs = Epochs(
            [(1, 0), (2, 10), (3, 6)]
                .map(|(n, after)| Epoch {
                    id: id(n),
                    began_after: Position(after),
                })
                .into(),
        );
        let standing = |epoch, position| epochs.standing(id(epoch), Position(position));
        assert_eq!(standing(1, 6), Standing::Kept);
        assert!(matches!(standing(1, 7), Standing::Lost(by) if by.id == id(3)));
        assert!(matches!(standing(1, 11), Standing::Lost(by) if by.id == id(2)));
        assert!(matches!(standing(2, 12), Standing::Lost(by) if by.id == id(3)));
        assert_eq!(standing(3, 99), Standing::Kept);
        assert_eq!(standing(4, 1), Standing::Unknown);
    }
}
