//! What is kept beside the log and is nobody's record: sealed under a key that is made anew from the
//! vault's root, so that it outlives a change of the master key and lies nowhere itself.

use super::seal;
use super::vault::{Vault, VaultError};
use uuid::Uuid;

impl Vault {
    /// The same bytes for the same purpose and parts, and no others.
    #[must_use]
    pub fn derive(&self, purpose: &str, authority: &str, parts: &[&[u8]]) -> [u8; 32] {
        self.root
            .keyed(&format!("derived/{purpose}"), authority, parts)
    }

    /// # Errors
    /// When the cipher refuses; a defect.
    pub fn seal_setting(
        &self,
        authority: &str,
        id: Uuid,
        plain: &[u8],
    ) -> Result<Vec<u8>, VaultError> {
        let key = self.derive("setting", authority, &[id.as_bytes()]);
        seal::seal(&key, id.as_bytes(), plain).ok_or(VaultError::NotAuthentic)
    }

    /// # Errors
    /// When it is not what was sealed under this id.
    pub fn open_setting(
        &self,
        authority: &str,
        id: Uuid,
        sealed: &[u8],
    ) -> Result<Vec<u8>, VaultError> {
        let key = self.derive("setting", authority, &[id.as_bytes()]);
        seal::open(&key, id.as_bytes(), sealed).ok_or(VaultError::NotAuthentic)
    }
}
