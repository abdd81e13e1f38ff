//! Keys per child and per request, wrapped by a master key, and the blind index.
//! A schema with a URL of its own, so that it can live, be backed up and die elsewhere.

pub use super::blind_index::IndexEntry;
use super::committer::Log;
use super::connect::{ConnectError, pool_of_one_plan};
use super::event::SealedPart;
use super::key_cache::KeyCache;
use super::keys::{Columns, NewKeys, WrappedKey};
pub use super::master::MasterKey;
use super::master::Root;
use super::seal;
use deadpool_postgres::Pool;
use std::sync::Arc;
use std::time::Duration;
use tokio_postgres::error::SqlState;
use tokio_postgres::types::ToSql;
use uuid::Uuid;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Subject {
    Child(Uuid),
    Request(Uuid),
    /// From the broker, waiting for a person to look at it.
    Message(Uuid),
}

impl Subject {
    pub(super) fn parts(self) -> (&'static str, Uuid) {
        match self {
            Self::Child(id) => ("child", id),
            Self::Request(id) => ("request", id),
            Self::Message(id) => ("message", id),
        }
    }

    pub(super) fn find(kind: &str, id: Uuid) -> Option<Self> {
        match kind {
            "child" => Some(Self::Child(id)),
            "request" => Some(Self::Request(id)),
            "message" => Some(Self::Message(id)),
            _ => None,
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum VaultError {
    #[error("the URL of the vault cannot be read")]
    Url,
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

pub(super) const ROOT: &str = include_str!("sql/vault_root.sql");

/// Where the keys are, and for how long one may be used once it was read.
#[derive(Debug, Clone)]
pub struct VaultConfig {
    /// `RFA_VAULT_URL` or `DATABASE_URL`
    pub url: String,
    pub pool_max: usize,
    /// The same on every replica: a destroyed record is gone when it has passed.
    pub key_ttl: Duration,
}

#[derive(Clone)]
pub struct Vault {
    pub(super) pool: Pool,
    url: Arc<str>,
    pub(super) master: MasterKey,
    pub(super) root: Root,
    cache: KeyCache,
}

impl Vault {
    /// # Errors
    /// When the vault is out of reach or the master key is not the one that it was sealed with.
    pub async fn connect(config: &VaultConfig, master: MasterKey) -> Result<Self, VaultError> {
        let pool = pool_of_one_plan(&config.url, config.pool_max).map_err(|error| match error {
            ConnectError::Url => VaultError::Url,
            ConnectError::Unavailable(_)
            | ConnectError::NotMigrated
            | ConnectError::Setting { .. } => VaultError::Unavailable,
        })?;
        Ok(Self {
            root: root(&pool, &master).await?,
            pool,
            url: config.url.as_str().into(),
            master,
            cache: KeyCache::new(config.key_ttl),
        })
    }

    /// For how long after the destruction of a record its keys may still be in some memory.
    #[must_use]
    pub fn key_ttl(&self) -> Duration {
        self.cache.ttl()
    }

    /// Takes out of memory what may not be used any more.
    pub fn forget_expired(&self) {
        self.cache.forget_expired();
    }

    pub(super) fn forget_all(&self) {
        self.cache.forget_all();
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
            let wrapped = self.master.wrap(&associated, &key)?;
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
            wrapped.push(self.master.wrap(&associated, &seal::random_key())?);
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
        let associated = seal::of_key(authority, subject, id);
        let key = self.master.unwrap(&associated, wrapped)?;
        self.cache.keep(id, key);
        Ok(key)
    }

    pub(super) async fn rows(
        &self,
        statement: &str,
        parameters: &[&(dyn ToSql + Sync)],
    ) -> Result<Vec<tokio_postgres::Row>, VaultError> {
        rows(&self.pool, statement, parameters).await
    }
}

/// Of this vault; made at its first use.
async fn root(pool: &Pool, master: &MasterKey) -> Result<Root, VaultError> {
    loop {
        let found = rows(pool, ROOT, &[]).await?;
        let found = found.first().ok_or(VaultError::Unavailable)?;
        if let Some(wrapped) = found.get::<_, Option<Vec<u8>>>(0) {
            return master.unwrap(Root::ASSOCIATED, &wrapped).map(Root::new);
        }
        // Digests from before the vault had a root of its own were made from the master key.
        let root = if found.get(1) {
            master.earliest_root()
        } else {
            seal::random_key()
        };
        let wrapped = master.wrap(Root::ASSOCIATED, &root)?;
        // Another replica may be faster: what is there counts.
        rows(pool, include_str!("sql/vault_keep_root.sql"), &[&wrapped]).await?;
    }
}

async fn rows(
    pool: &Pool,
    statement: &str,
    parameters: &[&(dyn ToSql + Sync)],
) -> Result<Vec<tokio_postgres::Row>, VaultError> {
    let client = pool.get().await.map_err(|_| VaultError::Unavailable)?;
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
