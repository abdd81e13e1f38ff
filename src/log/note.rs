//! Signed notes: a few lines that anybody can check with a public key and no other knowledge.
//!
//! The form is the signed note of the transparency-log community (C2SP `signed-note`), so that its
//! tools read ours: the text, an empty line, and `— NAME KEY-HASH-AND-SIGNATURE`.

use super::master::hex_key;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use ed25519_dalek::{Signature, Signer as _, SigningKey, VerifyingKey};
use sha2::{Digest, Sha256};
use std::fmt;
use std::str::FromStr;

/// Of Ed25519, in the key's own encoding.
const ALGORITHM: u8 = 1;
const HASH_BYTES: usize = 4;
const SIGNATURE_BYTES: usize = 64;
/// More is no note of ours.
const NOTE_BYTES_MAX: usize = 64 << 10;

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoteError {
    #[error("the signing key: 32 bytes as 64 hexadecimal digits are needed")]
    SigningKey,
    #[error("`{found}` is no name of a signer: a-z, 0-9, -, . and / are allowed, 1 to 128")]
    Name { found: String },
    #[error("the public key is not of the form NAME+HASH+KEY")]
    PublicKey,
    #[error("this is no signed note: {why}")]
    Form { why: &'static str },
    #[error("the note is not signed by {name}")]
    NotSigned { name: String },
    #[error("the signature of {name} does not belong to this text")]
    WrongSignature { name: String },
}

/// Signs in the name of one log.
#[derive(Clone)]
pub struct Signer {
    name: String,
    key: SigningKey,
}

impl fmt::Debug for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Signer({})", self.name)
    }
}

impl Signer {
    /// # Errors
    /// When the text is not 64 hexadecimal digits, or the name would not fit into a note.
    pub fn parse(name: &str, text: &str) -> Result<Self, NoteError> {
        check_name(name)?;
        let seed = hex_key(text.trim()).ok_or(NoteError::SigningKey)?;
        Ok(Self {
            name: name.to_owned(),
            key: SigningKey::from_bytes(&seed),
        })
    }

    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    #[must_use]
    pub fn public(&self) -> PublicKey {
        PublicKey {
            name: self.name.clone(),
            key: self.key.verifying_key(),
        }
    }

    /// `text` ends in a line break and has no empty line.
    #[must_use]
    pub fn sign(&self, text: &str) -> String {
        let signature = self.key.sign(text.as_bytes());
        let signed = [&self.public().hash()[..], &signature.to_bytes()].concat();
        format!("{text}\n\u{2014} {} {}\n", self.name, BASE64.encode(signed))
    }
}

/// Whose signature is believed. Written as `NAME+HASH+KEY`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicKey {
    name: String,
    key: VerifyingKey,
}

impl PublicKey {
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    fn hash(&self) -> [u8; HASH_BYTES] {
        let mut hasher = Sha256::new();
        hasher.update(self.name.as_bytes());
        hasher.update([b'\n', ALGORITHM]);
        hasher.update(self.key.as_bytes());
        let digest = hasher.finalize();
        std::array::from_fn(|i| digest[i])
    }

    /// The text, if it is signed by this key.
    ///
    /// # Errors
    /// When it is no note, or the signature is missing or of another text.
    pub fn open<'a>(&self, note: &'a str) -> Result<&'a str, NoteError> {
        let form = |why| NoteError::Form { why };
        if note.len() > NOTE_BYTES_MAX {
            return Err(form("it is too long"));
        }
        let at = note
            .rfind("\n\n")
            .ok_or_else(|| form("no empty line before the signatures"))?;
        let (text, signatures) = (&note[..=at], &note[at + 2..]);
        if !signatures.ends_with('\n') {
            return Err(form("the last line has no end"));
        }
        let mut found = false;
        for line in signatures.lines() {
            let rest = line
                .strip_prefix("\u{2014} ")
                .ok_or_else(|| form("a signature line does not begin with a dash"))?;
            let (name, signed) = rest
                .split_once(' ')
                .ok_or_else(|| form("a signature line has no signature"))?;
            let signed = BASE64
                .decode(signed)
                .map_err(|_| form("a signature is not in base64"))?;
            // Others may sign as well.
            let Some((hash, signature)) = signed.split_first_chunk::<HASH_BYTES>() else {
                return Err(form("a signature is too short"));
            };
            if name != self.name || *hash != self.hash() {
                continue;
            }
            let signature = <[u8; SIGNATURE_BYTES]>::try_from(signature)
                .map_err(|_| form("a signature has another length"))?;
            self.key
                .verify_strict(text.as_bytes(), &Signature::from_bytes(&signature))
                .map_err(|_| NoteError::WrongSignature {
                    name: self.name.clone(),
                })?;
            found = true;
        }
        found.then_some(text).ok_or_else(|| NoteError::NotSigned {
            name: self.name.clone(),
        })
    }
}

impl fmt::Display for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let hash = u32::from_be_bytes(self.hash());
        let key = [&[ALGORITHM][..], self.key.as_bytes()].concat();
        write!(f, "{}+{hash:08x}+{}", self.name, BASE64.encode(key))
    }
}

impl FromStr for PublicKey {
    type Err = NoteError;

    fn from_str(text: &str) -> Result<Self, NoteError> {
        let mut parts = text.trim().splitn(3, '+');
        let (Some(name), Some(hash), Some(key)) = (parts.next(), parts.next(), parts.next()) else {
            return Err(NoteError::PublicKey);
        };
        check_name(name)?;
        let key = BASE64.decode(key).map_err(|_| NoteError::PublicKey)?;
        let key = key
            .strip_prefix(&[ALGORITHM])
            .and_then(|key| <[u8; 32]>::try_from(key).ok())
            .and_then(|key| VerifyingKey::from_bytes(&key).ok())
            .ok_or(NoteError::PublicKey)?;
        let public = Self {
            name: name.to_owned(),
            key,
        };
        let written = format!("{:08x}", u32::from_be_bytes(public.hash()));
        if hash == written {
            Ok(public)
        } else {
            Err(NoteError::PublicKey)
        }
    }
}

fn check_name(name: &str) -> Result<(), NoteError> {
    let fits = (1..=128).contains(&name.len())
        && name
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"-./".contains(&b));
    if fits {
        Ok(())
    } else {
        Err(NoteError::Name {
            found: name.to_owned(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn signer() -> Signer {
        Signer::parse("rfa/village", &"0b".repeat(32)).unwrap()
    }

    #[test]
    fn a_note_opens_with_the_public_key_and_with_no_other() {
        let note = signer().sign("rfa/village\n7\n");
        let public: PublicKey = signer().public().to_string().parse().unwrap();
        assert_eq!(public, signer().public());
        assert_eq!(public.open(&note), Ok("rfa/village\n7\n"));
        let other = Signer::parse("rfa/village", &"0c".repeat(32)).unwrap();
        assert!(matches!(
            other.public().open(&note),
            Err(NoteError::NotSigned { .. })
        ));
    }

    #[test]
    fn every_changed_character_is_noticed() {
        let note = signer().sign("rfa/village\n7\n");
        let public = signer().public();
        for (at, character) in note.char_indices() {
            let mut changed = note.clone();
            let other = if character == '8' { "9" } else { "8" };
            changed.replace_range(at..at + character.len_utf8(), other);
            assert!(public.open(&changed).is_err(), "{changed}");
            assert!(public.open(&note[..at]).is_err(), "cut at {at}");
        }
    }

    /// The example of the specification's own library, so that its tools read ours.
    #[test]
    fn the_form_is_that_of_the_specification() {
        let public = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
        // Its name has capitals, which ours have not: only the encoding is compared.
        let key = BASE64.decode(public.rsplit('+').next().unwrap()).unwrap();
        let key = VerifyingKey::from_bytes(&key[1..].try_into().unwrap()).unwrap();
        let named = PublicKey {
            name: "PeterNeumann".to_owned(),
            key,
        };
        assert_eq!(named.to_string(), public);
        let note = "If you think cryptography is the answer to your problem,\n\
                    then you don't know what your problem is.\n\n\
                    \u{2014} PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n";
        assert!(named.open(note).is_ok(), "{:?}", named.open(note));
    }

    #[test]
    fn bad_names_and_keys_are_refused() {
        for name in ["", "a b", "a+b", "Ä"] {
            assert!(matches!(
                Signer::parse(name, &"0b".repeat(32)),
                Err(NoteError::Name { .. })
            ));
        }
        assert!(Signer::parse("a", "0b").is_err());
        for text in ["", "a+b", "a+00000000+AAAA", "rfa/village+00000000+AQ=="] {
            assert!(text.parse::<PublicKey>().is_err(), "{text}");
        }
    }
}
