//! Opaque tokens: 256 random bits, kept as their SHA-256, naming an authority and a principal.
//!
//! Whoever reads the table cannot use it, and the time of a look-up by hash says nothing about
//! the token: a guess differs from every stored hash at a place that nobody can steer.

use crate::domain::ids::{Authority, PrincipalId};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use deadpool_postgres::Pool;
use secrecy::SecretString;
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// A revoked token works this much longer, at most.
const CACHE_FOR: Duration = Duration::from_secs(5);
const CACHED_MAX: usize = 10_000;
const PREFIX: &str = "rfa_";
/// The prefix and 32 bytes in base64url.
const TOKEN_LEN: usize = 47;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holder {
    pub authority: Authority,
    pub principal: PrincipalId,
}

#[derive(Debug, Clone, thiserror::Error)]
pub enum TokenError {
    #[error("the store of tokens cannot be reached")]
    Unavailable,
    #[error("the store of tokens holds a code that is none")]
    Broken,
}

/// Holders by token hash, with the moment of the look-up.
type Cache = HashMap<[u8; 32], (Holder, Instant)>;

#[derive(Clone)]
pub struct Tokens {
    pool: Pool,
    /// Valid ones only; the lock is never held across an await.
    cache: Arc<Mutex<Cache>>,
}

impl Tokens {
    /// `pool` holds connections with the application's rights.
    #[must_use]
    pub fn new(pool: Pool) -> Self {
        Self {
            pool,
            cache: Arc::default(),
        }
    }

    /// Whose token it is; `None` when it is unknown, revoked or expired.
    ///
    /// # Errors
    /// When the store is out of reach.
    pub async fn find(&self, token: &str) -> Result<Option<Holder>, TokenError> {
        if token.len() != TOKEN_LEN || !token.starts_with(PREFIX) {
            return Ok(None);
        }
        let hash = hash(token);
        if let Some(holder) = self.cached(&hash) {
            return Ok(Some(holder));
        }
        let rows = self
            .rows(include_str!("sql/find_token.sql"), &[&hash.as_slice()])
            .await?;
        let Some(row) = rows.first() else {
            return Ok(None);
        };
        let holder = Holder {
            authority: Authority::parse(row.get(0)).map_err(|_| TokenError::Broken)?,
            principal: PrincipalId::parse(row.get(1)).map_err(|_| TokenError::Broken)?,
        };
        self.keep(hash, holder.clone());
        Ok(Some(holder))
    }

    /// A new token, shown here and never again. `label` says what it is for.
    ///
    /// # Errors
    /// When the store is out of reach.
    pub async fn issue(
        &self,
        holder: &Holder,
        label: &str,
        lifetime_days: i32,
    ) -> Result<SecretString, TokenError> {
        let token = format!(
            "{PREFIX}{}",
            URL_SAFE_NO_PAD.encode(rand::random::<[u8; 32]>())
        );
        self.rows(
            include_str!("sql/issue_token.sql"),
            &[
                &hash(&token).as_slice(),
                &holder.authority.as_str(),
                &holder.principal.as_str(),
                &label,
                &lifetime_days,
            ],
        )
        .await?;
        Ok(token.into())
    }

    /// Ends every token of a principal, here at once, on other replicas within five seconds.
    ///
    /// # Errors
    /// When the store is out of reach.
    pub async fn revoke_all(&self, holder: &Holder) -> Result<(), TokenError> {
        let (authority, principal) = (holder.authority.as_str(), holder.principal.as_str());
        self.rows(
            include_str!("sql/revoke_tokens.sql"),
            &[&authority, &principal],
        )
        .await?;
        self.lock().retain(|_, (cached, _)| cached != holder);
        Ok(())
    }

    async fn rows(
        &self,
        statement: &str,
        values: &[&(dyn tokio_postgres::types::ToSql + Sync)],
    ) -> Result<Vec<tokio_postgres::Row>, TokenError> {
        let client = self.pool.get().await.map_err(|_| TokenError::Unavailable)?;
        let statement = client
            .prepare_cached(statement)
            .await
            .map_err(|_| TokenError::Unavailable)?;
        client
            .query(&statement, values)
            .await
            .map_err(|_| TokenError::Unavailable)
    }

    fn cached(&self, hash: &[u8; 32]) -> Option<Holder> {
        let cache = self.lock();
        let (holder, read_at) = cache.get(hash)?;
        (read_at.elapsed() < CACHE_FOR).then(|| holder.clone())
    }

    fn keep(&self, hash: [u8; 32], holder: Holder) {
        let mut cache = self.lock();
        if cache.len() >= CACHED_MAX {
            cache.retain(|_, (_, read_at)| read_at.elapsed() < CACHE_FOR);
        }
        if cache.len() < CACHED_MAX {
            cache.insert(hash, (holder, Instant::now()));
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<[u8; 32], (Holder, Instant)>> {
        self.cache.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn hash(token: &str) -> [u8; 32] {
    Sha256::digest(token.as_bytes()).into()
}
