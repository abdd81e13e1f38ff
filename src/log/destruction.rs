//! Keys and index entries of a record, destroyed together and for ever.

use super::connect::{ConnectError, settings};
use super::vault::{Subject, Vault, VaultError};
use jiff::Timestamp;
use tokio_postgres::NoTls;
use uuid::Uuid;

impl Vault {
    /// Nothing that was sealed for these can be read any more, or found by what it was called, once
    /// the caches of all replicas have expired. Says since when; the same again changes nothing.
    ///
    /// # Errors
    /// When the vault is out of reach.
    pub async fn destroy(
        &self,
        authority: &str,
        children: &[Uuid],
        requests: &[Uuid],
    ) -> Result<Option<Timestamp>, VaultError> {
        let statement = include_str!("sql/vault_destroy.sql");
        let rows = self
            .rows(statement, &[&authority, &children, &requests])
            .await?;
        self.forget_viewers(authority, requests).await?;
        self.forget_all();
        Ok(rows.iter().map(|row| row.get(0)).max())
    }

    /// Ends the key of a message that is settled; the same message may come again, with a new key.
    ///
    /// # Errors
    /// When the vault is out of reach.
    pub async fn forget_message(&self, authority: &str, message: Uuid) -> Result<(), VaultError> {
        let statement = include_str!("sql/vault_forget_message.sql");
        self.rows(statement, &[&authority, &message]).await?;
        self.forget_all();
        Ok(())
    }

    /// How many of these can still be read.
    ///
    /// # Errors
    /// When the vault is out of reach.
    pub async fn count_living(
        &self,
        authority: &str,
        subjects: &[Subject],
    ) -> Result<i64, VaultError> {
        let (kinds, ids): (Vec<&str>, Vec<Uuid>) = subjects.iter().map(|s| s.parts()).unzip();
        let statement = include_str!("sql/vault_living.sql");
        let rows = self.rows(statement, &[&authority, &kinds, &ids]).await?;
        Ok(rows.first().map_or(0, |row| row.get(0)))
    }
}

/// What was destroyed leaves the pages of the tables too. Needs the rights of their owner.
///
/// # Errors
/// When the vault is out of reach.
pub async fn sweep_pages(vault_url: &str) -> Result<(), ConnectError> {
    let (client, connection) = settings(vault_url)?
        .connect(NoTls)
        .await
        .map_err(ConnectError::Unavailable)?;
    let driver = tokio::spawn(connection);
    client
        .batch_execute("vacuum vault.keys, vault.blind_index, vault.viewer_index")
        .await?;
    drop(client);
    if driver.await.is_err() {
        tracing::debug!("the sweep's connection ended early");
    }
    Ok(())
}
