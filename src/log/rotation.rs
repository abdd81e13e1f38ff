//! Another master key: every key of the vault is wrapped anew, while all replicas go on.

use super::master::Root;
use super::seal::of_key;
use super::vault::{ROOT, Subject, Vault, VaultError};
use uuid::Uuid;

const PAGE: i64 = 1_000;

/// What a walk over all keys came to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Rotated {
    /// Wrapped anew under the first master key.
    pub rewrapped: u64,
    /// Already under it.
    pub kept: u64,
}

struct Page {
    ids: Vec<Uuid>,
    before: Vec<Vec<u8>>,
    after: Vec<Vec<u8>>,
}

impl Vault {
    /// Wraps every key under the first of the master keys; a run that was cut off is started again.
    /// `progress` hears how many keys were looked at.
    ///
    /// # Errors
    /// When the vault is out of reach, or a key opens under none of the master keys.
    pub async fn rewrap(&self, mut progress: impl FnMut(u64)) -> Result<Rotated, VaultError> {
        let mut done = Rotated::default();
        self.rewrap_root(&mut done).await?;
        let mut last = Uuid::nil();
        loop {
            let statement = include_str!("sql/vault_rewrap_page.sql");
            let rows = self.rows(statement, &[&last, &PAGE]).await?;
            let Some(row) = rows.last() else {
                return Ok(done);
            };
            last = row.get(0);
            let mut page = Page {
                ids: Vec::new(),
                before: Vec::new(),
                after: Vec::new(),
            };
            for row in &rows {
                self.rewrap_one(row, &mut page)?;
            }
            done.kept += (rows.len() - page.ids.len()) as u64;
            done.rewrapped += page.ids.len() as u64;
            // A key that was destroyed meanwhile is another row than the one that was read.
            let statement = include_str!("sql/vault_rewrap.sql");
            self.rows(statement, &[&page.ids, &page.before, &page.after])
                .await?;
            progress(done.kept + done.rewrapped);
        }
    }

    fn rewrap_one(&self, row: &tokio_postgres::Row, page: &mut Page) -> Result<(), VaultError> {
        let (id, authority): (Uuid, &str) = (row.get(0), row.get(1));
        let subject = Subject::find(row.get(2), row.get(3)).ok_or(VaultError::NotAuthentic)?;
        let wrapped: &[u8] = row.get(4);
        let associated = of_key(authority, subject, id);
        if self.master.is_current(&associated, wrapped) {
            return Ok(());
        }
        let key = self.master.unwrap(&associated, wrapped)?;
        page.ids.push(id);
        page.before.push(wrapped.to_vec());
        page.after.push(self.master.wrap(&associated, &key)?);
        Ok(())
    }

    async fn rewrap_root(&self, done: &mut Rotated) -> Result<(), VaultError> {
        let rows = self.rows(ROOT, &[]).await?;
        let before: Option<Vec<u8>> = rows.first().and_then(|row| row.get(0));
        let before = before.ok_or(VaultError::Unavailable)?;
        if self.master.is_current(Root::ASSOCIATED, &before) {
            done.kept += 1;
            return Ok(());
        }
        let root = self.master.unwrap(Root::ASSOCIATED, &before)?;
        let after = self.master.wrap(Root::ASSOCIATED, &root)?;
        self.rows(
            include_str!("sql/vault_rewrap_root.sql"),
            &[&before, &after],
        )
        .await?;
        done.rewrapped += 1;
        Ok(())
    }
}
