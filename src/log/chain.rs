//! The hash of an event and the link of an append. What is hashed is stored byte for byte.

use super::event::{Append, NewEvent, Position, Recorded, SealedPart};
use jiff::Timestamp;
use sha2::{Digest, Sha256};

pub type Hash = [u8; 32];

/// Length-prefixed, so that no two envelopes read alike.
struct Encoder(Sha256);

impl Encoder {
    fn bytes(&mut self, bytes: &[u8]) -> &mut Self {
        self.0.update((bytes.len() as u64).to_be_bytes());
        self.0.update(bytes);
        self
    }

    fn option(&mut self, bytes: Option<&[u8]>) -> &mut Self {
        match bytes {
            None => self.0.update([0]),
            Some(bytes) => {
                self.0.update([1]);
                self.bytes(bytes);
            }
        }
        self
    }
}

/// Postgres keeps microseconds: what is hashed is what will be read.
#[must_use]
pub fn micros(at: Timestamp) -> i64 {
    at.as_microsecond()
}

/// The same instant as Postgres will keep it. Left to the driver, a time before the year 2000 is
/// rounded the other way.
#[must_use]
pub fn truncated(at: Timestamp) -> Timestamp {
    Timestamp::from_microsecond(micros(at)).unwrap_or(at)
}

/// The `ordinal`-th event of a command, at the version that it will have.
#[must_use]
pub fn hash_new(append: &Append, ordinal: i16, event: &NewEvent) -> Hash {
    let count = i16::try_from(append.events.len()).unwrap_or(i16::MAX);
    let mut encoder = Encoder(Sha256::new());
    encoder
        .bytes(append.authority.as_bytes())
        .bytes(append.stream.as_bytes())
        .bytes(append.stream_kind.as_str().as_bytes())
        .bytes(&(append.expected_version + 1 + i32::from(ordinal)).to_be_bytes())
        .bytes(append.actor.as_bytes())
        .option(append.on_behalf_of.as_deref().map(str::as_bytes))
        .bytes(append.command_id.as_bytes())
        .bytes(&ordinal.to_be_bytes())
        .bytes(&count.to_be_bytes())
        .bytes(&append.fingerprint)
        .bytes(append.correlation.as_bytes())
        .option(append.causation.as_ref().map(|id| &id.as_bytes()[..]))
        .option(append.definition.as_ref().map(|hash| &hash[..]))
        .bytes(append.provenance.as_str().as_bytes());
    content(
        &mut encoder,
        (
            &event.event_type,
            event.schema_version,
            micros(event.occurred_at),
        ),
        event.audience.as_str(),
        &event.body,
        &event.sealed,
    );
    encoder.0.finalize().into()
}

/// The same over an event that was read.
#[must_use]
pub fn hash_recorded(event: &Recorded, count: i16, fingerprint: &[u8]) -> Hash {
    let mut encoder = Encoder(Sha256::new());
    encoder
        .bytes(event.authority.as_bytes())
        .bytes(event.stream.as_bytes())
        .bytes(event.stream_kind.as_str().as_bytes())
        .bytes(&event.version.to_be_bytes())
        .bytes(event.actor.as_bytes())
        .option(event.on_behalf_of.as_deref().map(str::as_bytes))
        .bytes(event.command_id.as_bytes())
        .bytes(&event.command_ordinal.to_be_bytes())
        .bytes(&count.to_be_bytes())
        .bytes(fingerprint)
        .bytes(event.correlation.as_bytes())
        .option(event.causation.as_ref().map(|id| &id.as_bytes()[..]))
        .option(event.definition.as_ref().map(|hash| &hash[..]))
        .bytes(event.provenance.as_str().as_bytes());
    content(
        &mut encoder,
        (
            &event.event_type,
            event.schema_version,
            micros(event.occurred_at),
        ),
        event.audience.as_str(),
        &event.body,
        &event.sealed,
    );
    encoder.0.finalize().into()
}

fn content(
    encoder: &mut Encoder,
    (event_type, schema_version, occurred_at): (&str, i16, i64),
    audience: &str,
    body: &[u8],
    sealed: &[SealedPart],
) {
    encoder
        .bytes(event_type.as_bytes())
        .bytes(&schema_version.to_be_bytes())
        .bytes(&occurred_at.to_be_bytes())
        .bytes(audience.as_bytes())
        .bytes(&Sha256::digest(body));
    for part in sealed {
        encoder
            .bytes(part.key.as_bytes())
            .bytes(&Sha256::digest(&part.bytes));
    }
}

/// As `log_append` makes it: the link before, the first position, the time, the hashes in order.
#[must_use]
pub fn link(
    before: Option<&Hash>,
    first: Position,
    recorded_at: Timestamp,
    hashes: impl IntoIterator<Item = Hash>,
) -> Hash {
    let mut hasher = Sha256::new();
    if let Some(before) = before {
        hasher.update(before);
    }
    hasher.update(first.0.to_be_bytes());
    hasher.update(micros(recorded_at).to_be_bytes());
    for hash in hashes {
        hasher.update(hash);
    }
    hasher.finalize().into()
}
