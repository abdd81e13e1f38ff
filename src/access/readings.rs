//! Who has opened which request: written down before it is shown, whoever they are.
//!
//! Rows are added and never changed. They lie beside the log and not in it: reading changes nothing
//! about a request, and a record that is destroyed leaves who read it.

use crate::domain::ids::{Authority, PrincipalId};
use deadpool_postgres::{Pool, PoolError};
use jiff::Timestamp;
use std::collections::BTreeSet;
use uuid::Uuid;

#[derive(Debug, thiserror::Error)]
pub enum ReadingError {
    #[error("what was opened cannot be written down")]
    Pool(#[from] PoolError),
    #[error("what was opened cannot be written down")]
    Database(#[from] tokio_postgres::Error),
}

/// How much of a request somebody saw.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Opened {
    /// What was written about the child and the family.
    Content,
    /// Who the child is, where and with whom; for whoever holds a concern.
    Identity,
    /// Where it is and who has it.
    Outline,
    /// That it stands behind a number, with its events.
    Figure,
}

impl Opened {
    const fn code(self) -> &'static str {
        match self {
            Self::Content => "content",
            Self::Identity => "identity",
            Self::Outline => "outline",
            Self::Figure => "figure",
        }
    }
}

/// Somebody, in one call.
#[derive(Debug, Clone, Copy)]
pub struct Reader<'a> {
    pub authority: &'a Authority,
    pub principal: &'a PrincipalId,
    pub call: Uuid,
    /// A code of the workflow, where the reader was asked why.
    pub reason: Option<&'a str>,
}

/// What one person has seen of a request, and how often.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reading {
    pub principal: String,
    pub opened: String,
    pub reason: Option<String>,
    pub times: i64,
    pub first_at: Timestamp,
    pub last_at: Timestamp,
}

#[derive(Clone)]
pub struct Readings {
    pool: Pool,
}

impl Readings {
    /// `pool` holds connections with the application's rights.
    #[must_use]
    pub fn new(pool: Pool) -> Self {
        Self { pool }
    }

    /// # Errors
    /// When it could not be written down: then nothing may be shown.
    pub async fn record(
        &self,
        reader: Reader<'_>,
        opened: Opened,
        requests: &[Uuid],
    ) -> Result<(), ReadingError> {
        if requests.is_empty() {
            return Ok(());
        }
        let client = self.pool.get().await?;
        let statement = include_str!("sql/record_readings.sql");
        let statement = client.prepare_cached(statement).await?;
        let (authority, principal) = (reader.authority.as_str(), reader.principal.as_str());
        let code = opened.code();
        client
            .execute(
                &statement,
                &[
                    &authority,
                    &principal,
                    &code,
                    &reader.call,
                    &requests,
                    &reader.reason,
                ],
            )
            .await?;
        Ok(())
    }

    /// Of these requests, those whose text this person has opened since the moment beside each.
    ///
    /// # Errors
    /// When the store is out of reach.
    pub async fn opened_since(
        &self,
        reader: Reader<'_>,
        asked: &[(Uuid, Timestamp)],
    ) -> Result<BTreeSet<Uuid>, ReadingError> {
        if asked.is_empty() {
            return Ok(BTreeSet::new());
        }
        let (requests, since): (Vec<Uuid>, Vec<Timestamp>) = asked.iter().copied().unzip();
        let client = self.pool.get().await?;
        let statement = include_str!("sql/opened_since.sql");
        let statement = client.prepare_cached(statement).await?;
        let (authority, principal) = (reader.authority.as_str(), reader.principal.as_str());
        let code = Opened::Content.code();
        let rows = client
            .query(
                &statement,
                &[&authority, &principal, &code, &requests, &since],
            )
            .await?;
        Ok(rows.iter().map(|row| row.get(0)).collect())
    }

    /// Who came last stands first.
    ///
    /// # Errors
    /// When the store is out of reach.
    pub async fn of(
        &self,
        authority: &Authority,
        request: Uuid,
    ) -> Result<Vec<Reading>, ReadingError> {
        let client = self.pool.get().await?;
        let statement = include_str!("sql/readings_of.sql");
        let statement = client.prepare_cached(statement).await?;
        let rows = client
            .query(&statement, &[&authority.as_str(), &request])
            .await?;
        Ok(rows
            .iter()
            .map(|row| Reading {
                principal: row.get("principal"),
                opened: row.get("opened"),
                reason: row.get("reason"),
                times: row.get("times"),
                first_at: row.get("first_at"),
                last_at: row.get("last_at"),
            })
            .collect())
    }
}
