//! What finds a child or a request again without its name: keyed digests, outside the log.

use super::vault::{Vault, VaultError};
use uuid::Uuid;

/// One entry of the blind index: a keyed digest of a normalised value, never the value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IndexEntry {
    /// What the digest is of, e.g. `child-name-and-birth-date`.
    pub kind: String,
    pub digest: [u8; 32],
    pub child: Uuid,
    pub request: Uuid,
}

impl Vault {
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

    /// Requests of entries with one of these kinds and digests; of each the newest 20, for where one
    /// value stands in thousands it finds nobody.
    ///
    /// # Errors
    /// When the vault is out of reach.
    pub async fn find_any_indexed(
        &self,
        authority: &str,
        digests: &[(&str, [u8; 32])],
    ) -> Result<Vec<Uuid>, VaultError> {
        let kinds: Vec<&str> = digests.iter().map(|(kind, _)| *kind).collect();
        let digests: Vec<&[u8]> = digests.iter().map(|(_, digest)| &digest[..]).collect();
        let statement = include_str!("sql/vault_find_any_indexed.sql");
        let rows = self
            .rows(statement, &[&authority, &kinds, &digests])
            .await?;
        Ok(rows.iter().map(|row| row.get(0)).collect())
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

    /// Every request of the child that the index knows: each has its reference there.
    ///
    /// # Errors
    /// When the vault is out of reach.
    pub async fn find_requests(
        &self,
        authority: &str,
        child: Uuid,
    ) -> Result<Vec<Uuid>, VaultError> {
        let statement = include_str!("sql/vault_requests_of.sql");
        let rows = self.rows(statement, &[&authority, &child]).await?;
        Ok(rows.iter().map(|row| row.get(0)).collect())
    }

    /// Keyed per authority; the same value gives the same digest.
    #[must_use]
    pub fn blind(&self, authority: &str, kind: &str, normalised: &str) -> [u8; 32] {
        self.root.keyed(
            "blind-index",
            authority,
            &[kind.as_bytes(), normalised.as_bytes()],
        )
    }

    /// Keyed digest of a canonical command.
    #[must_use]
    pub fn fingerprint(&self, authority: &str, canonical: &[u8]) -> [u8; 16] {
        let digest = self.root.keyed("fingerprint", authority, &[canonical]);
        let mut fingerprint = [0; 16];
        fingerprint.copy_from_slice(&digest[..16]);
        fingerprint
    }
}
