//! Sealing with XChaCha20-Poly1305. The associated data binds a ciphertext to its place.

use super::vault::{Binding, Subject};
use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{Key, XChaCha20Poly1305, XNonce};
use rand::Rng;
use uuid::Uuid;

const NONCE_BYTES: usize = 24;

/// 256 bits from the system's generator.
pub(super) fn random_key() -> [u8; 32] {
    let mut key = [0; 32];
    rand::rng().fill_bytes(&mut key);
    key
}

/// Nonce in front of the ciphertext. `None` only for messages beyond the cipher's limit.
pub(super) fn seal(key: &[u8; 32], associated: &[u8], plain: &[u8]) -> Option<Vec<u8>> {
    let mut nonce = [0; NONCE_BYTES];
    rand::rng().fill_bytes(&mut nonce);
    let payload = Payload {
        msg: plain,
        aad: associated,
    };
    let cipher = XChaCha20Poly1305::new(&Key::from(*key));
    let sealed = cipher.encrypt(&XNonce::from(nonce), payload).ok()?;
    Some([&nonce[..], &sealed].concat())
}

/// `None` when the bytes are not what was sealed under this key at this place.
pub(super) fn open(key: &[u8; 32], associated: &[u8], sealed: &[u8]) -> Option<Vec<u8>> {
    let (nonce, cipher_text) = sealed.split_first_chunk::<NONCE_BYTES>()?;
    let payload = Payload {
        msg: cipher_text,
        aad: associated,
    };
    XChaCha20Poly1305::new(&Key::from(*key))
        .decrypt(&XNonce::from(*nonce), payload)
        .ok()
}

pub(super) fn of_event(binding: Binding<'_>, key: Uuid) -> Vec<u8> {
    let mut associated = Vec::with_capacity(96);
    for text in [binding.authority, binding.event_type] {
        associated.extend((text.len() as u64).to_be_bytes());
        associated.extend(text.as_bytes());
    }
    associated.extend(binding.stream.as_bytes());
    associated.extend(binding.version.to_be_bytes());
    associated.extend(key.as_bytes());
    associated
}

pub(super) fn of_key(authority: &str, subject: Subject, key: Uuid) -> Vec<u8> {
    let (kind, id) = subject.parts();
    [
        authority.as_bytes(),
        &[0],
        kind.as_bytes(),
        id.as_bytes(),
        key.as_bytes(),
    ]
    .concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn binding(version: i32) -> Binding<'static> {
        Binding {
            authority: "a",
            stream: Uuid::nil(),
            version,
            event_type: "request-sent",
        }
    }

    #[test]
    fn what_was_sealed_opens_only_at_its_place_and_under_its_key() {
        let (key, id) = (random_key(), Uuid::from_u128(7));
        let sealed = seal(&key, &of_event(binding(1), id), b"invented").unwrap();
        assert_eq!(
            open(&key, &of_event(binding(1), id), &sealed).unwrap(),
            b"invented"
        );
        assert_eq!(open(&key, &of_event(binding(2), id), &sealed), None);
        assert_eq!(
            open(&random_key(), &of_event(binding(1), id), &sealed),
            None
        );
    }

    #[test]
    fn any_flipped_bit_is_noticed() {
        let (key, place) = (random_key(), of_event(binding(1), Uuid::nil()));
        let sealed = seal(&key, &place, b"invented").unwrap();
        for i in 0..sealed.len() {
            let mut wrong = sealed.clone();
            wrong[i] ^= 1;
            assert_eq!(open(&key, &place, &wrong), None);
        }
    }
}
