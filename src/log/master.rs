//! The master key, which wraps the vault's keys, and the root of keyed digests, which outlives it.

use super::seal;
use super::vault::VaultError;
use hmac::{Hmac, KeyInit, Mac};
use secrecy::{ExposeSecret, SecretBox};
use sha2::Sha256;
use std::sync::Arc;

/// Keys in use at once: the present one and those that are on their way out.
const KEYS_MAX: usize = 4;

/// Opens every key of the vault. While it is changed it holds several keys: the first wraps, all
/// open. Printed as `[REDACTED]`.
#[derive(Clone)]
pub struct MasterKey(Arc<[SecretBox<[u8; 32]>]>);

impl MasterKey {
    /// One key, or the new one and the earlier ones after it, with white space between them.
    ///
    /// # Errors
    /// When a key is not 64 hexadecimal digits, or there are none or too many.
    pub fn parse(text: &str) -> Result<Self, VaultError> {
        let keys: Vec<_> = text.split_whitespace().map(parse_one).collect();
        if keys.is_empty() || keys.len() > KEYS_MAX {
            return Err(wrong());
        }
        Ok(Self(keys.into_iter().collect::<Result<_, _>>()?))
    }

    pub(super) fn wrap(&self, associated: &[u8], key: &[u8; 32]) -> Result<Vec<u8>, VaultError> {
        let first = self.0.first().ok_or_else(wrong)?;
        seal::seal(first.expose_secret(), associated, key).ok_or(VaultError::NotAuthentic)
    }

    pub(super) fn unwrap(&self, associated: &[u8], wrapped: &[u8]) -> Result<[u8; 32], VaultError> {
        self.0
            .iter()
            .find_map(|key| seal::open(key.expose_secret(), associated, wrapped))
            .and_then(|plain| plain.try_into().ok())
            .ok_or(VaultError::WrongMasterKey)
    }

    /// Whether the first key is the one that wrapped it.
    pub(super) fn is_current(&self, associated: &[u8], wrapped: &[u8]) -> bool {
        self.0
            .first()
            .is_some_and(|key| seal::open(key.expose_secret(), associated, wrapped).is_some())
    }

    /// The root of a vault from before it kept one of its own.
    pub(super) fn earliest_root(&self) -> [u8; 32] {
        self.0.last().map_or([0; 32], |key| *key.expose_secret())
    }
}

fn wrong() -> VaultError {
    VaultError::MasterKey {
        what: "the master key",
    }
}

fn parse_one(text: &str) -> Result<SecretBox<[u8; 32]>, VaultError> {
    hex_key(text)
        .map(|key| SecretBox::new(Box::new(key)))
        .ok_or_else(wrong)
}

/// 64 hexadecimal digits.
pub(super) fn hex_key(text: &str) -> Option<[u8; 32]> {
    if text.len() != 64 || !text.is_ascii() {
        return None;
    }
    let mut key = [0; 32];
    for (byte, pair) in key.iter_mut().zip(text.as_bytes().chunks(2)) {
        *byte = u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()?;
    }
    Some(key)
}

/// What keyed digests are made from.
#[derive(Clone)]
pub(super) struct Root(Arc<SecretBox<[u8; 32]>>);

impl Root {
    /// What its seal is bound to.
    pub(super) const ASSOCIATED: &'static [u8] = b"the root of keyed digests";

    pub(super) fn new(root: [u8; 32]) -> Self {
        Self(Arc::new(SecretBox::new(Box::new(root))))
    }

    pub(super) fn keyed(&self, label: &str, authority: &str, parts: &[&[u8]]) -> [u8; 32] {
        let derived = mac(
            self.0.expose_secret(),
            &[label.as_bytes(), authority.as_bytes()],
        );
        mac(&derived, parts)
    }
}

/// HMAC-SHA-256 over length-prefixed parts.
fn mac(key: &[u8; 32], parts: &[&[u8]]) -> [u8; 32] {
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key) else {
        unreachable!("HMAC takes a key of any length")
    };
    for part in parts {
        mac.update(&(part.len() as u64).to_be_bytes());
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_key_wraps_and_all_of_them_open() {
        let (new, old) = ("0a".repeat(32), "0b".repeat(32));
        let before = MasterKey::parse(&old).unwrap();
        let during = MasterKey::parse(&format!("{new}\n{old}\n")).unwrap();
        let after = MasterKey::parse(&new).unwrap();
        let wrapped = before.wrap(b"place", &[7; 32]).unwrap();
        assert_eq!(during.unwrap(b"place", &wrapped), Ok([7; 32]));
        assert!(!during.is_current(b"place", &wrapped));
        assert_eq!(
            after.unwrap(b"place", &wrapped),
            Err(VaultError::WrongMasterKey)
        );
        let wrapped = during.wrap(b"place", &[7; 32]).unwrap();
        assert_eq!(after.unwrap(b"place", &wrapped), Ok([7; 32]));
        assert!(during.is_current(b"place", &wrapped));
    }

    #[test]
    fn what_is_no_key_is_refused() {
        let key = "0a".repeat(32);
        let many = [key.as_str(); KEYS_MAX + 1].join(" ");
        for text in ["", " ", "0a", &"zz".repeat(32), &format!("{key} 0b"), &many] {
            assert!(MasterKey::parse(text).is_err(), "{text}");
        }
    }
}
