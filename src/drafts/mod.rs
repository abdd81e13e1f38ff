//! What somebody has begun to write in a form and has not sent.
//!
//! It must not know what a form is. Invariant: nothing lies here unsealed. What is about a request is
//! sealed under that request's key and goes with its record; any other draft has a key of its own.

use crate::domain::ids::{Authority, PrincipalId};
use crate::log::vault::{Binding, Subject, Vault, VaultError};
use crate::log::{Log, SealedPart};
use deadpool_postgres::Pool;
use jiff::Timestamp;
use tokio_postgres::Row;
use tokio_postgres::types::ToSql;
use uuid::Uuid;

/// A draft that nobody has touched for so long is forgotten.
const KEPT_DAYS: i32 = 14;
const FIND: &str = include_str!("sql/find.sql");

#[derive(Debug, thiserror::Error)]
pub enum DraftError {
    #[error("the drafts cannot be reached")]
    Unavailable,
    #[error(transparent)]
    Vault(#[from] VaultError),
    #[error("somebody kept a draft there at the same time")]
    Raced,
    #[error("the draft is about a request that has no record, or none any more")]
    NoRecord,
}

/// Whose draft, and of which form.
#[derive(Debug, Clone, Copy)]
pub struct Place<'a> {
    pub authority: &'a Authority,
    pub principal: &'a PrincipalId,
    /// `new/ID`, or `REQUEST/MOVE`.
    pub form: &'a str,
    /// The request that it belongs to.
    pub about: Option<Uuid>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    pub form: String,
    pub begun_at: Timestamp,
    pub content: Vec<u8>,
}

/// A cheap handle.
#[derive(Clone)]
pub struct Drafts {
    pool: Pool,
    vault: Vault,
}

impl Drafts {
    #[must_use]
    pub fn new(log: &Log, vault: Vault) -> Self {
        let pool = log.pool().clone();
        Self { pool, vault }
    }

    /// # Errors
    /// When a side is out of reach.
    pub async fn find(&self, place: Place<'_>) -> Result<Option<Draft>, DraftError> {
        let rows = self.at(FIND, place).await?;
        match rows.first() {
            Some(row) => self.open(place.authority, row).await,
            None => Ok(None),
        }
    }

    /// New requests that somebody has begun, the first begun first; at most 50.
    ///
    /// # Errors
    /// When a side is out of reach.
    pub async fn begun(
        &self,
        authority: &Authority,
        principal: &PrincipalId,
    ) -> Result<Vec<Draft>, DraftError> {
        let values: [&(dyn ToSql + Sync); 2] = [&authority.as_str(), &principal.as_str()];
        let mut found = Vec::new();
        for row in self.rows(include_str!("sql/begun.sql"), &values).await? {
            found.extend(self.open(authority, &row).await?);
        }
        Ok(found)
    }

    /// In the place of what was kept there before.
    ///
    /// # Errors
    /// `NoRecord` where the request was destroyed; `Raced`; when a side is out of reach.
    pub async fn keep(&self, place: Place<'_>, content: &[u8]) -> Result<(), DraftError> {
        let known = self.at(FIND, place).await?;
        let (id, key) = match (known.first(), place.about) {
            (_, Some(request)) => {
                let id = known.first().map_or_else(Uuid::new_v4, |row| row.get(0));
                (id, self.key_of(place.authority, request).await?)
            }
            (Some(row), None) => (row.get(0), row.get(2)),
            (None, None) => self.new_key(place.authority).await?,
        };
        if known.is_empty() {
            self.forget_old(place.authority).await?;
        }
        let part = self
            .vault
            .seal(key, binding(place.authority, id), content)
            .await?;
        let values: [&(dyn ToSql + Sync); 6] = [
            &id,
            &place.authority.as_str(),
            &place.principal.as_str(),
            &place.form,
            &part.key,
            &part.bytes,
        ];
        let kept = self.rows(include_str!("sql/keep.sql"), &values).await?;
        if kept.is_empty() {
            self.vault
                .forget_message(place.authority.as_str(), id)
                .await?;
            return Err(DraftError::Raced);
        }
        Ok(())
    }

    /// # Errors
    /// When a side is out of reach.
    pub async fn forget(&self, place: Place<'_>) -> Result<(), DraftError> {
        let gone = self.at(include_str!("sql/forget.sql"), place).await?;
        self.forget_keys(place.authority, &gone).await
    }

    /// No new one: what is typed about a request does not bring its record back.
    async fn key_of(&self, authority: &Authority, request: Uuid) -> Result<Uuid, DraftError> {
        let subjects = [Subject::Request(request)];
        let keys = self.vault.find_keys(authority.as_str(), &subjects).await?;
        let key = keys.first().copied().flatten();
        key.ok_or(DraftError::NoRecord)
    }

    async fn forget_old(&self, authority: &Authority) -> Result<(), DraftError> {
        let statement = include_str!("sql/forget_old.sql");
        let old = self
            .rows(statement, &[&authority.as_str(), &KEPT_DAYS])
            .await?;
        self.forget_keys(authority, &old).await
    }

    async fn new_key(&self, authority: &Authority) -> Result<(Uuid, Uuid), DraftError> {
        let id = Uuid::new_v4();
        let subjects = [Subject::Message(id)];
        let keys = self
            .vault
            .prepare(authority.as_str(), &subjects, &[])
            .await?;
        let key = keys.first().ok_or(VaultError::Unavailable)?;
        Ok((id, *key))
    }

    /// Those that the drafts had for themselves.
    async fn forget_keys(&self, authority: &Authority, gone: &[Row]) -> Result<(), DraftError> {
        for row in gone {
            let id = row.get(0);
            self.vault.forget_message(authority.as_str(), id).await?;
        }
        Ok(())
    }

    async fn open(&self, authority: &Authority, row: &Row) -> Result<Option<Draft>, DraftError> {
        let part = SealedPart {
            key: row.get(2),
            bytes: row.get(3),
        };
        let content = self.vault.open(&part, binding(authority, row.get(0))).await;
        Ok(content?.map(|content| Draft {
            form: row.get(1),
            begun_at: row.get(4),
            content,
        }))
    }

    async fn at(&self, statement: &str, place: Place<'_>) -> Result<Vec<Row>, DraftError> {
        let values: [&(dyn ToSql + Sync); 3] = [
            &place.authority.as_str(),
            &place.principal.as_str(),
            &place.form,
        ];
        self.rows(statement, &values).await
    }

    async fn rows(
        &self,
        statement: &str,
        values: &[&(dyn ToSql + Sync)],
    ) -> Result<Vec<Row>, DraftError> {
        let unavailable = |_| DraftError::Unavailable;
        let client = self.pool.get().await;
        let client = client.map_err(|_| DraftError::Unavailable)?;
        let statement = client.prepare_cached(statement).await;
        let statement = statement.map_err(unavailable)?;
        client.query(&statement, values).await.map_err(unavailable)
    }
}

fn binding(authority: &Authority, id: Uuid) -> Binding<'_> {
    Binding {
        authority: authority.as_str(),
        stream: id,
        version: 0,
        event_type: "draft",
    }
}
