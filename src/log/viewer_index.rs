//! The blind index by viewer: what a caller may see is found without touching what they may not.
//!
//! Rows follow the log and may be made anew from it. A set of viewers is written in one transaction that
//! first locks the request: of two writers the second sees all that the first one wrote, and the one
//! with the older version writes nothing. Destruction locks the same key before it takes rows away.

use super::vault::{Vault, VaultError};
use std::collections::BTreeSet;
use uuid::Uuid;

/// Who may see a request, as of one version of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ViewedRequest {
    pub authority: String,
    pub request: Uuid,
    pub version: i32,
    /// Relations as codes, e.g. `team:carrick-team`.
    pub viewers: BTreeSet<String>,
}

/// The arrays of `sql/vault_drop_viewers.sql` and `sql/vault_add_viewers.sql`.
#[derive(Default)]
struct ViewerColumns<'a> {
    authority: Vec<&'a str>,
    request: Vec<Uuid>,
    viewer: Vec<&'a str>,
}

impl<'a> ViewerColumns<'a> {
    fn of(viewed: impl Iterator<Item = &'a ViewedRequest>) -> Self {
        let mut columns = Self::default();
        for one in viewed {
            for viewer in &one.viewers {
                columns.authority.push(&one.authority);
                columns.request.push(one.request);
                columns.viewer.push(viewer);
            }
        }
        columns
    }
}

impl Vault {
    /// Replaces the viewers of each request, unless a newer version is known or its record was destroyed.
    /// Of one request there is one element.
    ///
    /// # Errors
    /// When the vault is out of reach: then nothing was changed.
    pub async fn keep_viewers(
        &self,
        epoch: Uuid,
        viewed: &[ViewedRequest],
    ) -> Result<(), VaultError> {
        self.write_viewers(epoch, viewed).await.map_err(|error| {
            tracing::warn!(%error, "the viewers of requests cannot be written");
            VaultError::Unavailable
        })
    }

    async fn write_viewers(
        &self,
        epoch: Uuid,
        viewed: &[ViewedRequest],
    ) -> Result<(), ViewerIndexError> {
        let mut client = self.pool.get().await?;
        let transaction = client.transaction().await?;
        let authorities: Vec<&str> = viewed.iter().map(|one| one.authority.as_str()).collect();
        let requests: Vec<Uuid> = viewed.iter().map(|one| one.request).collect();
        let versions: Vec<i32> = viewed.iter().map(|one| one.version).collect();
        let hold = include_str!("sql/vault_hold_viewers.sql");
        let hold = transaction.prepare_cached(hold).await?;
        let held = transaction
            .query(&hold, &[&authorities, &requests, &versions, &epoch])
            .await?;
        let held: BTreeSet<(String, Uuid)> =
            held.iter().map(|row| (row.get(0), row.get(1))).collect();
        let is_held = |one: &&ViewedRequest| held.contains(&(one.authority.clone(), one.request));
        let columns = ViewerColumns::of(viewed.iter().filter(is_held));
        let (authorities, requests): (Vec<&str>, Vec<Uuid>) = held
            .iter()
            .map(|(authority, request)| (authority.as_str(), *request))
            .unzip();
        // Both see what another writer committed before the locks were ours.
        let drop_others = include_str!("sql/vault_drop_viewers.sql");
        let drop_others = transaction.prepare_cached(drop_others).await?;
        let ViewerColumns {
            authority,
            request,
            viewer,
        } = &columns;
        transaction
            .execute(
                &drop_others,
                &[&authorities, &requests, authority, request, viewer],
            )
            .await?;
        let add = include_str!("sql/vault_add_viewers.sql");
        let add = transaction.prepare_cached(add).await?;
        transaction
            .execute(&add, &[authority, request, viewer])
            .await?;
        transaction.commit().await?;
        Ok(())
    }

    /// Requests with this digest that one of the viewers may see; of each viewer the newest 20.
    ///
    /// # Errors
    /// When the vault is out of reach.
    pub async fn find_viewed(
        &self,
        authority: &str,
        entry: IndexQuery<'_>,
        viewers: &[String],
    ) -> Result<BTreeSet<Uuid>, VaultError> {
        let statement = include_str!("sql/vault_find_viewed.sql");
        let IndexQuery { kind, digest } = entry;
        let rows = self
            .rows(statement, &[&authority, &kind, &viewers, &&digest[..]])
            .await?;
        Ok(rows.iter().map(|row| row.get(0)).collect())
    }

    /// Other requests that share a digest of the same kind with this one, apart from some kinds, and
    /// that one of the viewers may see.
    ///
    /// # Errors
    /// When the vault is out of reach.
    pub async fn find_same_viewed(
        &self,
        authority: &str,
        request: Uuid,
        viewers: &[String],
        apart_from: &[&str],
    ) -> Result<BTreeSet<Uuid>, VaultError> {
        let statement = include_str!("sql/vault_find_same_viewed.sql");
        let rows = self
            .rows(statement, &[&authority, &request, &viewers, &apart_from])
            .await?;
        Ok(rows.iter().map(|row| row.get(0)).collect())
    }

    /// Takes the viewers of destroyed requests away. Asked after their keys are gone, as a statement of
    /// its own: whoever wrote viewers meanwhile has committed by then, and nobody writes any later.
    pub(super) async fn forget_viewers(
        &self,
        authority: &str,
        requests: &[Uuid],
    ) -> Result<(), VaultError> {
        let statement = include_str!("sql/vault_forget_viewers.sql");
        self.rows(statement, &[&authority, &requests])
            .await
            .map(drop)
    }
}

/// One value in the blind index.
#[derive(Debug, Clone, Copy)]
pub struct IndexQuery<'a> {
    pub kind: &'a str,
    pub digest: [u8; 32],
}

#[derive(Debug, thiserror::Error)]
enum ViewerIndexError {
    #[error(transparent)]
    Pool(#[from] deadpool_postgres::PoolError),
    #[error(transparent)]
    Postgres(#[from] tokio_postgres::Error),
}
