//! The master key: it wraps the vault's keys, and the keyed digests are derived from it.

use super::vault::VaultError;
use hmac::{Hmac, KeyInit, Mac};
use secrecy::{ExposeSecret, SecretBox};
use sha2::Sha256;
use std::sync::Arc;

/// Opens every key of the vault. Printed as `[REDACTED]`.
#[derive(Clone)]
pub struct MasterKey(Arc<SecretBox<[u8; 32]>>);

impl MasterKey {
    /// # Errors
    /// When the text is not 64 hexadecimal digits.
    pub fn parse(text: &str) -> Result<Self, VaultError> {
        const WRONG: VaultError = VaultError::MasterKey {
            what: "the master key",
        };
        let text = text.trim();
        if text.len() != 64 || !text.is_ascii() {
            return Err(WRONG);
        }
        let mut key = [0; 32];
        for (byte, pair) in key.iter_mut().zip(text.as_bytes().chunks(2)) {
            let pair = std::str::from_utf8(pair).map_err(|_| WRONG)?;
            *byte = u8::from_str_radix(pair, 16).map_err(|_| WRONG)?;
        }
        Ok(Self(Arc::new(SecretBox::new(Box::new(key)))))
    }

    pub(super) fn bytes(&self) -> &[u8; 32] {
        self.0.expose_secret()
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
