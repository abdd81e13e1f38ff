//! Messages that wait for a person: sealed, with a reason in the clear that repeats nothing.
//!
//! The same message again is the same row. A message has a key of its own, which is destroyed when
//! it is settled.

use super::desk::{Submission, Why};
use crate::log::vault::{Binding, Subject, Vault, VaultError};
use crate::log::{Log, SealedPart};
use deadpool_postgres::Pool;
use jiff::Timestamp;
use tokio_postgres::Row;
use tokio_postgres::types::ToSql;
use uuid::Uuid;

/// More is never taken, so it is not kept: its sender is known and is told, or asked.
const KEPT_BYTES_MAX: usize = 1024 * 1024;
/// No authority is asked: it may not be known whose message it is.
const NO_AUTHORITY: &str = "";

#[derive(Debug, thiserror::Error)]
pub enum QuarantineError {
    #[error("Postgres cannot be reached")]
    Unavailable,
    #[error(transparent)]
    Vault(#[from] VaultError),
    #[error("no message with this id waits")]
    NotFound,
    #[error("the message was too large to be kept; ask its sender")]
    NotKept,
    #[error("the message cannot be read: a defect")]
    Broken,
}

/// One that waits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiting {
    pub id: Uuid,
    /// `None` where the broker had checked no user.
    pub sender: Option<String>,
    pub reason: String,
    pub detail: String,
    pub byte_count: i64,
    pub is_kept: bool,
    pub times: i32,
    pub first_at: Timestamp,
    pub last_at: Timestamp,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Settled {
    Taken,
    Discarded,
}

/// A cheap handle.
#[derive(Clone)]
pub struct Quarantine {
    pool: Pool,
    vault: Vault,
}

impl Quarantine {
    #[must_use]
    pub fn new(log: &Log, vault: Vault) -> Self {
        let pool = log.pool().clone();
        Self { pool, vault }
    }

    /// # Errors
    /// When a side is out of reach; the message is then still on the broker.
    pub async fn park(&self, message: &Submission, why: &Why) -> Result<Uuid, QuarantineError> {
        let plain = serde_json::to_vec(message).map_err(|_| QuarantineError::Broken)?;
        let digest = self.vault.fingerprint(NO_AUTHORITY, &plain);
        let id = Uuid::from_bytes(digest);
        let sealed = if message.body.len() > KEPT_BYTES_MAX {
            None
        } else {
            let subject = [Subject::Message(id)];
            let keys = self.vault.prepare(NO_AUTHORITY, &subject, &[]).await?;
            let key = *keys.first().ok_or(QuarantineError::Broken)?;
            Some(self.vault.seal(key, binding(id), &plain).await?)
        };
        let byte_count = i64::try_from(message.body.len()).unwrap_or(i64::MAX);
        let values: [&(dyn ToSql + Sync); 7] = [
            &id,
            &message.sender,
            &why.reason,
            &why.detail,
            &byte_count,
            &sealed.as_ref().map(|part| part.key),
            &sealed.as_ref().map(|part| part.bytes.as_slice()),
        ];
        self.rows(include_str!("sql/park.sql"), &values).await?;
        Ok(id)
    }

    /// The oldest first, at most a thousand.
    ///
    /// # Errors
    /// When Postgres is out of reach.
    pub async fn list(&self) -> Result<Vec<Waiting>, QuarantineError> {
        let rows = self.rows(include_str!("sql/parked.sql"), &[]).await?;
        let waiting = |row: &Row| Waiting {
            id: row.get(0),
            sender: row.get(1),
            reason: row.get(2),
            detail: row.get(3),
            byte_count: row.get(4),
            is_kept: row.get(5),
            times: row.get(6),
            first_at: row.get(7),
            last_at: row.get(8),
        };
        Ok(rows.iter().map(waiting).collect())
    }

    /// # Errors
    /// When Postgres is out of reach.
    pub async fn count(&self) -> Result<i64, QuarantineError> {
        let rows = self.rows(include_str!("sql/parked_count.sql"), &[]).await?;
        Ok(rows.first().map_or(0, |row| row.get(0)))
    }

    /// As it was sent.
    ///
    /// # Errors
    /// When it does not wait any more, was not kept, or cannot be opened.
    pub async fn open(&self, id: Uuid) -> Result<Submission, QuarantineError> {
        let rows = self
            .rows(include_str!("sql/parked_one.sql"), &[&id])
            .await?;
        let row = rows.first().ok_or(QuarantineError::NotFound)?;
        let (Some(key), Some(bytes)) = (row.get(0), row.get(1)) else {
            return Err(QuarantineError::NotKept);
        };
        let part = SealedPart { key, bytes };
        let plain = self.vault.open(&part, binding(id)).await?;
        let plain = plain.ok_or(QuarantineError::NotFound)?;
        serde_json::from_slice(&plain).map_err(|_| QuarantineError::Broken)
    }

    /// # Errors
    /// When it does not wait any more.
    pub async fn settle(&self, id: Uuid, settled: Settled) -> Result<(), QuarantineError> {
        let settled_as = match settled {
            Settled::Taken => "taken",
            Settled::Discarded => "discarded",
        };
        let statement = include_str!("sql/settle.sql");
        let rows = self.rows(statement, &[&id, &settled_as]).await?;
        if rows.is_empty() {
            return Err(QuarantineError::NotFound);
        }
        Ok(self.vault.forget_message(NO_AUTHORITY, id).await?)
    }

    async fn rows(
        &self,
        statement: &str,
        values: &[&(dyn ToSql + Sync)],
    ) -> Result<Vec<Row>, QuarantineError> {
        let unavailable = || QuarantineError::Unavailable;
        let client = self.pool.get().await.map_err(|_| unavailable())?;
        let statement = client.prepare_cached(statement).await;
        let statement = statement.map_err(|_| unavailable())?;
        let rows = client.query(&statement, values).await;
        rows.map_err(|_| unavailable())
    }
}

fn binding(id: Uuid) -> Binding<'static> {
    Binding {
        authority: NO_AUTHORITY,
        stream: id,
        version: 0,
        event_type: "parked-message",
    }
}
