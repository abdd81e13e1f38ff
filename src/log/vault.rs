//! Keys per child and per request, wrapped by a master key, and the blind index.
//! A schema with a URL of its own, so that it can live, be backed up and die elsewhere.

use super::event::SealedPart;
use uuid::Uuid;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Subject {
    Child(Uuid),
    Request(Uuid),
}

#[derive(Debug, Clone, thiserror::Error)]
pub enum VaultError {
    #[error("the vault of keys cannot be reached")]
    Unavailable,
    #[error("the master key does not open the vault's keys")]
    WrongMasterKey,
    #[error("the ciphertext does not belong to this event")]
    NotAuthentic,
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
pub struct Vault {}

impl Vault {
    /// Makes sure that each subject has a key and stores the index entries: one statement, one
    /// round trip, idempotent. Keys come in the order of the subjects.
    pub async fn prepare(
        &self,
        _authority: &str,
        _subjects: &[Subject],
        _index: &[IndexEntry],
    ) -> Result<Vec<Uuid>, VaultError> {
        unimplemented!()
    }

    /// Key ids of existing subjects (cached); `None` where there is none or it was destroyed.
    pub async fn find_keys(
        &self,
        _authority: &str,
        _subjects: &[Subject],
    ) -> Result<Vec<Option<Uuid>>, VaultError> {
        unimplemented!()
    }

    pub async fn seal(
        &self,
        _key: Uuid,
        _binding: Binding<'_>,
        _plain: &[u8],
    ) -> Result<SealedPart, VaultError> {
        unimplemented!()
    }

    /// `None` when the key was destroyed.
    pub async fn open(
        &self,
        _part: &SealedPart,
        _binding: Binding<'_>,
    ) -> Result<Option<Vec<u8>>, VaultError> {
        unimplemented!()
    }

    /// Requests of the authority whose index holds one of these digests.
    pub async fn find_indexed(
        &self,
        _authority: &str,
        _kind: &str,
        _digest: [u8; 32],
    ) -> Result<Vec<(Uuid, Uuid)>, VaultError> {
        unimplemented!()
    }

    /// Keyed per authority; the same value gives the same digest.
    #[must_use]
    pub fn blind(&self, _authority: &str, _kind: &str, _normalised: &str) -> [u8; 32] {
        unimplemented!()
    }

    /// Keyed digest of a canonical command.
    #[must_use]
    pub fn fingerprint(&self, _authority: &str, _canonical: &[u8]) -> [u8; 16] {
        unimplemented!()
    }
}
