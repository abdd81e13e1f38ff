//! Signatures: `v1,` and the base64 of HMAC-SHA256 over id, timestamp and body, with dots between.
//! Source: Standard Webhooks 1.0.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use std::fmt;

/// Written as `whsec_` and base64; not shown by `Debug`.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(pub [u8; 32]);

impl Secret {
    #[must_use]
    pub fn reveal(&self) -> String {
        format!("whsec_{}", STANDARD.encode(self.0))
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret")
    }
}

/// `timestamp` is in seconds since 1970.
#[must_use]
pub fn signature(secret: &Secret, id: &str, timestamp: i64, body: &[u8]) -> String {
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(&secret.0) else {
        unreachable!("HMAC takes a key of any length")
    };
    mac.update(format!("{id}.{timestamp}.").as_bytes());
    mac.update(body);
    format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()))
}

#[cfg(test)]
mod tests {
    use super::{Secret, signature};

    #[test]
    fn a_signature_covers_id_time_and_body_and_a_secret_is_not_shown() {
        let secret = Secret([7; 32]);
        let signed = signature(&secret, "msg_1", 1_700_000_000, b"{}");
        assert_eq!(signed.len(), "v1,".len() + 44);
        for other in [
            signature(&Secret([8; 32]), "msg_1", 1_700_000_000, b"{}"),
            signature(&secret, "msg_2", 1_700_000_000, b"{}"),
            signature(&secret, "msg_1", 1_700_000_001, b"{}"),
            signature(&secret, "msg_1", 1_700_000_000, b"{ }"),
        ] {
            assert_ne!(signed, other);
        }
        assert_eq!(format!("{secret:?}"), "Secret");
        assert!(secret.reveal().starts_with("whsec_BwcH"));
    }
}
