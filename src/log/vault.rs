//! Keys per child and per request, wrapped by a master key, and the blind index.
//! A schema with a URL of its own, so that it can live, be backed up and die elsewhere.

use super::committer::Log;
use super::connect::{ConnectError, pool_of_one_plan};
use super::event::SealedPart;
use super::key_cache::KeyCache;
use super::keys::{Columns, NewKeys, WrappedKey};
pub use super::master::MasterKey;
use super::seal;
use deadpool_postgres::Pool;
use std::sync::Arc;
use tokio_postgres::error::SqlState;
use tokio_postgres::types::ToSql;
use uuid::Uuid;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Subject {
    Child(Uuid),
    Request(Uuid),
}

impl Subject {
    pub(super) fn parts(self) -> (&'static str, Uuid) {
        match self {
            Self::Child(id) => ("child", id),
            Self::Request(id) => ("request", id),
        }
    }

    fn find(kind: &str, id: Uuid) -> Option<Self> {
        match kind {
            "child" => Some(Self::Child(id)),
            "request" => Some(Self::Request(id)),
            _ => None,
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum VaultError {
    #[error("the vault of keys cannot be reached")]
    Unavailable,
    #[error("the master key does not open the vault's keys")]
    WrongMasterKey,
    #[error("the ciphertext does not belong to this event")]
    NotAuthentic,
    #[error("the record was destroyed; nothing can be added to it")]
    Destroyed,
    #[error("the reference is taken; draw another")]
    Taken,
    #[error("{what}: 32 bytes as 64 hexadecimal digits are needed")]
    MasterKey { what: &'static str },
}

/// What a sealed part is bound to.
#[derive(Debug, Clone, Copy)]
pub struct Binding<'a> {
    pub authority: &'a str,
    pub stream: Uuid,
    pub version: i32,
    pub event_type: &'a str,
}

/// One entry of the blind index: a keyed digest of a normalised value, never the value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IndexEntry {
    /// What the digest is of, e.g. `child-name-and-birth-date`.
    pub kind: String,
    pub digest: [u8; 32],
    pub child: Uuid,
    pub request: Uuid,
}

#[derive(Clone)]
pub struct Vault {
    pool: Pool,
    url: Arc<str>,
    master: MasterKey,
    cache: KeyCache,
}

impl Vault {
    /// # Errors
    /// When the URL is not one of Postgres.
    pub fn connect(url: &str, pool_max: usize, master: MasterKey) -> Result<Self, ConnectError> {
        Ok(Self {
            pool: pool_of_one_plan(url, pool_max)?,
            url: url.into(),
            master,
            cache: KeyCache::default(),
        })
    }

    /// Whether keys may travel with an append: both live in the very same database.
    #[must_use]
    pub fn shares_database(&self, log: &Log) -> bool {
        self.url == log.url
    }

    /// Keys for subjects that were drawn just now, so that nobody else can have made any. They seal
    /// from now on, and open only what was appended after they were stored.
    ///
    /// # Errors
    /// When the cipher refuses; a defect.
    pub fn draw(
        &self,
        authority: &str,
        subjects: &[Subject],
        index: Vec<IndexEntry>,
    ) -> Result<NewKeys, VaultError> {
        let mut keys = Vec::with_capacity(subjects.len());
        for subject in subjects {
            let (id, key) = (Uuid::new_v4(), seal::random_key());
            let associated = seal::of_key(authority, *subject, id);
            let wrapped = seal::seal(self.master.bytes(), &associated, &key)
                .ok_or(VaultError::NotAuthentic)?;
            self.cache.keep(id, key);
            keys.push(WrappedKey {
                id,
                subject: *subject,
                wrapped,
            });
        }
        Ok(NewKeys {
            authority: authority.to_owned(),
            keys,
            index,
        })
    }

    /// Stores what was drawn, before the append: for a vault with a database of its own.
    ///
    /// # Errors
    /// `Taken` when a reference is not free.
    pub async fn store(&self, new: &NewKeys) -> Result<(), VaultError> {
        let columns = Columns::of([new]);
        self.rows(include_str!("sql/vault_store.sql"), &columns.parameters())
            .await
            .map(drop)
    }

    /// Makes sure that each subject has a key and stores the index entries: one statement, one
    /// round trip, idempotent. Keys come in the order of the subjects.
    ///
    /// # Errors
    /// `Destroyed` when a subject's record was destroyed, `Taken` when a reference is not free.
    pub async fn prepare(
        &self,
        authority: &str,
        subjects: &[Subject],
        index: &[IndexEntry],
    ) -> Result<Vec<Uuid>, VaultError> {
        let (kinds, ids): (Vec<&str>, Vec<Uuid>) = subjects.iter().map(|s| s.parts()).unzip();
        let new: Vec<Uuid> = subjects.iter().map(|_| Uuid::new_v4()).collect();
        let mut wrapped = Vec::with_capacity(subjects.len());
        for (subject, id) in subjects.iter().zip(&new) {
            let associated = seal::of_key(authority, *subject, *id);
            let master = self.master.bytes();
            wrapped.push(
                seal::seal(master, &associated, &seal::random_key())
                    .ok_or(VaultError::NotAuthentic)?,
            );
        }
        let index_kinds: Vec<&str> = index.iter().map(|entry| entry.kind.as_str()).collect();
        let digests: Vec<&[u8]> = index.iter().map(|entry| &entry.digest[..]).collect();
        let children: Vec<Uuid> = index.iter().map(|entry| entry.child).collect();
        let requests: Vec<Uuid> = index.iter().map(|entry| entry.request).collect();
        let parameters: [&(dyn ToSql + Sync); 9] = [
            &authority,
            &kinds,
            &ids,
            &new,
            &wrapped,
            &index_kinds,
            &digests,
            &children,
            &requests,
        ];
        let statement = include_str!("sql/vault_prepare.sql");
        let mut rows = self.rows(statement, &parameters).await?;
        // A twin command made a key after our snapshot: now it can be seen.
        if rows
            .iter()
            .any(|row| row.get::<_, Option<Uuid>>(0).is_none())
        {
            rows = self.rows(statement, &parameters).await?;
        }
        let mut keys = Vec::with_capacity(rows.len());
        for (row, subject) in rows.iter().zip(subjects) {
            let Some(id) = row.get::<_, Option<Uuid>>(0) else {
                return Err(VaultError::Unavailable);
            };
            let wrapped: Option<Vec<u8>> = row.get(1);
            let wrapped = wrapped.ok_or(VaultError::Destroyed)?;
            self.unwrap_key(authority, *subject, id, &wrapped)?;
            keys.push(id);
        }
        Ok(keys)
    }

    /// Key ids of existing subjects; `None` where there is none or it was destroyed.
    ///
    /// # Errors
    /// When the vault is out of reach or sealed by another master key.
    pub async fn find_keys(
        &self,
        authority: &str,
        subjects: &[Subject],
    ) -> Result<Vec<Option<Uuid>>, VaultError> {
        let (kinds, ids): (Vec<&str>, Vec<Uuid>) = subjects.iter().map(|s| s.parts()).unzip();
        let statement = include_str!("sql/vault_find_keys.sql");
        let rows = self.rows(statement, &[&authority, &kinds, &ids]).await?;
        let mut keys = Vec::with_capacity(rows.len());
        for (row, subject) in rows.iter().zip(subjects) {
            let (id, wrapped): (Option<Uuid>, Option<Vec<u8>>) = (row.get(0), row.get(1));
            keys.push(match (id, wrapped) {
                (Some(id), Some(wrapped)) => {
                    self.unwrap_key(authority, *subject, id, &wrapped)?;
                    Some(id)
                }
                (_, None) | (None, _) => None,
            });
        }
        Ok(keys)
    }

    /// # Errors
    /// When the key cannot be had.
    pub async fn seal(
        &self,
        key: Uuid,
        binding: Binding<'_>,
        plain: &[u8],
    ) -> Result<SealedPart, VaultError> {
        let Some(secret) = self.load_key(key).await? else {
            return Err(VaultError::Destroyed);
        };
        let bytes = seal::seal(&secret, &seal::of_event(binding, key), plain)
            .ok_or(VaultError::NotAuthentic)?;
        Ok(SealedPart { key, bytes })
    }

    /// `None` when the key was destroyed.
    ///
    /// # Errors
    /// `NotAuthentic` when the bytes are not what was sealed for this event.
    pub async fn open(
        &self,
        part: &SealedPart,
        binding: Binding<'_>,
    ) -> Result<Option<Vec<u8>>, VaultError> {
        let Some(secret) = self.load_key(part.key).await? else {
            return Ok(None);
        };
        seal::open(&secret, &seal::of_event(binding, part.key), &part.bytes)
            .map(Some)
            .ok_or(VaultError::NotAuthentic)
    }

    /// Child and request of every entry with this digest.
    ///
    /// # Errors
    /// When the vault is out of reach.
    pub async fn find_indexed(
        &self,
        authority: &str,
        kind: &str,
        digest: [u8; 32],
    ) -> Result<Vec<(Uuid, Uuid)>, VaultError> {
        let statement = include_str!("sql/vault_find_indexed.sql");
        let rows = self
            .rows(statement, &[&authority, &kind, &&digest[..]])
            .await?;
        Ok(rows.iter().map(|row| (row.get(0), row.get(1))).collect())
    }

    /// Other requests that share a digest of the same kind, apart from some kinds.
    ///
    /// # Errors
    /// When the vault is out of reach.
    pub async fn find_same(
        &self,
        authority: &str,
        request: Uuid,
        apart_from: &[&str],
    ) -> Result<Vec<Uuid>, VaultError> {
        let rows = self
            .rows(
                include_str!("sql/vault_find_same.sql"),
                &[&authority, &request, &apart_from],
            )
            .await?;
        Ok(rows.iter().map(|row| row.get(0)).collect())
    }

    /// Takes back what `prepare` made for an append that did not happen. Only for a child and a
    /// request that were drawn for that append: what others sealed under these keys is lost.
    ///
    /// # Errors
    /// When the vault is out of reach.
    pub async fn discard(
        &self,
        authority: &str,
        child: Uuid,
        request: Uuid,
    ) -> Result<(), VaultError> {
        let statement = include_str!("sql/vault_discard.sql");
        self.rows(statement, &[&authority, &child, &request])
            .await
            .map(drop)
    }

    /// Whether the vault answers.
    ///
    /// # Errors
    /// When it does not.
    pub async fn ping(&self) -> Result<(), VaultError> {
        self.rows("select 1", &[]).await.map(drop)
    }

    /// Keyed per authority; the same value gives the same digest.
    #[must_use]
    pub fn blind(&self, authority: &str, kind: &str, normalised: &str) -> [u8; 32] {
        self.master.keyed(
            "blind-index",
            authority,
            &[kind.as_bytes(), normalised.as_bytes()],
        )
    }

    /// Keyed digest of a canonical command.
    #[must_use]
    pub fn fingerprint(&self, authority: &str, canonical: &[u8]) -> [u8; 16] {
        let digest = self.master.keyed("fingerprint", authority, &[canonical]);
        let mut fingerprint = [0; 16];
        fingerprint.copy_from_slice(&digest[..16]);
        fingerprint
    }

    async fn load_key(&self, id: Uuid) -> Result<Option<[u8; 32]>, VaultError> {
        if let Some(key) = self.cache.find(id) {
            return Ok(Some(key));
        }
        let rows = self
            .rows(include_str!("sql/vault_load_key.sql"), &[&id])
            .await?;
        let Some(row) = rows.first() else {
            return Ok(None);
        };
        let authority: String = row.get(0);
        let subject = Subject::find(row.get(1), row.get(2)).ok_or(VaultError::NotAuthentic)?;
        let wrapped: Option<Vec<u8>> = row.get(3);
        wrapped
            .map(|wrapped| self.unwrap_key(&authority, subject, id, &wrapped))
            .transpose()
    }

    fn unwrap_key(
        &self,
        authority: &str,
        subject: Subject,
        id: Uuid,
        wrapped: &[u8],
    ) -> Result<[u8; 32], VaultError> {
        let master = self.master.bytes();
        let key: [u8; 32] = seal::open(master, &seal::of_key(authority, subject, id), wrapped)
            .and_then(|plain| plain.try_into().ok())
            .ok_or(VaultError::WrongMasterKey)?;
        self.cache.keep(id, key);
        Ok(key)
    }

    async fn client(&self) -> Result<deadpool_postgres::Object, VaultError> {
        self.pool.get().await.map_err(|_| VaultError::Unavailable)
    }

    async fn rows(
        &self,
        statement: &str,
        parameters: &[&(dyn ToSql + Sync)],
    ) -> Result<Vec<tokio_postgres::Row>, VaultError> {
        let client = self.client().await?;
        let statement = client
            .prepare_cached(statement)
            .await
            .map_err(|_| VaultError::Unavailable)?;
        client
            .query(&statement, parameters)
            .await
            .map_err(|error| match error.code() {
                Some(code) if *code == SqlState::UNIQUE_VIOLATION => VaultError::Taken,
                Some(_) | None => VaultError::Unavailable,
            })
    }
}
