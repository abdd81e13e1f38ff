//! What goes into the log and what comes out: the envelope, complete from the first event.

use super::keys::NewKeys;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::sync::Arc;
use uuid::Uuid;

/// A place in the log: 1, 2, 3 … without a gap, in commit order.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Position(pub i64);

impl Position {
    /// With its epoch, so that it is not mistaken for one of another history of the log.
    #[must_use]
    pub fn public(self, epoch: Uuid) -> String {
        format!("{}-{self}", epoch.simple())
    }
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

macro_rules! text_enum {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $text:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "kebab-case")]
        pub enum $name { $($(#[$vdoc])* $variant),+ }

        impl $name {
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text),+ }
            }

            #[must_use]
            pub fn find(text: &str) -> Option<Self> {
                match text { $($text => Some(Self::$variant),)+ _ => None }
            }
        }
    };
}

text_enum!(
    /// What a stream is about. All that `declares` is read whole at start.
    StreamKind {
        Request = "request",
        Workflow = "workflow",
        Calendar = "calendar",
        Organisation = "organisation",
        Access = "access",
        /// Marks the start and the end of an import.
        History = "history",
        /// Holds on a child's record and its destruction.
        Record = "record",
    }
);

impl StreamKind {
    /// Whether it says what is in force.
    #[must_use]
    pub const fn declares(self) -> bool {
        !matches!(self, Self::Request | Self::Record)
    }
}

text_enum!(
    /// Which exchange may carry the event; a restricted one leaves a stub on the ordinary one.
    Audience { Ordinary = "ordinary", Restricted = "restricted" }
);
text_enum!(
    Provenance { Live = "live", Imported = "imported", Synthetic = "synthetic" }
);

/// Ciphertext with its nonce in front, under one key of the vault.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SealedPart {
    pub key: Uuid,
    pub bytes: Vec<u8>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewEvent {
    /// kebab-case, at most 64 bytes
    pub event_type: String,
    pub schema_version: i16,
    pub occurred_at: Timestamp,
    pub audience: Audience,
    /// Clear JSON: ids and codes only. Stored and hashed byte for byte.
    pub body: Vec<u8>,
    pub sealed: Vec<SealedPart>,
}

/// One command's events, for one stream: all of them or none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Append {
    pub authority: String,
    pub stream: Uuid,
    pub stream_kind: StreamKind,
    /// Version of the stream that the events follow; 0 for a new one.
    pub expected_version: i32,
    pub command_id: Uuid,
    /// Keyed digest of the canonical command: the same id with other content is refused.
    pub fingerprint: [u8; 16],
    pub actor: String,
    pub on_behalf_of: Option<String>,
    pub correlation: Uuid,
    pub causation: Option<Uuid>,
    pub definition: Option<[u8; 32]>,
    pub provenance: Provenance,
    /// At least one, at most 1,000.
    pub events: Vec<NewEvent>,
    /// Stored by the same statement; only where vault and log share a database.
    pub keys: Option<NewKeys>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Receipt {
    /// Of the command's last event.
    pub position: Position,
    /// Stream version after the command.
    pub version: i32,
    pub recorded_at: Timestamp,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    Appended(Receipt),
    /// The command is in the log already; this is its first receipt.
    Duplicate(Receipt),
    /// Somebody was faster; nothing was appended.
    Conflict {
        actual: i32,
    },
    /// The command id belongs to other content; nothing was appended.
    Reused,
}

#[derive(Debug, Clone, thiserror::Error)]
pub enum AppendError {
    #[error("the queue of commands is full ({limit}); try again in {retry_after_ms} ms")]
    QueueFull { limit: usize, retry_after_ms: u64 },
    /// Nothing was appended.
    #[error("the event log cannot be reached; nothing was appended")]
    Unavailable,
    /// It may have been appended: the same command again resolves it.
    #[error("the outcome is unknown; send the same command again")]
    Unknown,
    /// Nothing was appended: what the keys are found by belongs to another request.
    #[error("the reference is taken; draw another")]
    Taken,
    #[error("{what}: {found} is more than {limit}")]
    TooLarge {
        what: &'static str,
        found: usize,
        limit: usize,
    },
    /// The database refused the command itself, by SQLSTATE; its neighbours went through.
    #[error("the event log refused the command (SQLSTATE {sqlstate})")]
    Refused { sqlstate: String },
}

/// An event as it lies in the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recorded {
    pub position: Position,
    pub authority: Arc<str>,
    pub stream: Uuid,
    pub stream_kind: StreamKind,
    pub version: i32,
    pub event_type: String,
    pub schema_version: i16,
    pub occurred_at: Timestamp,
    pub recorded_at: Timestamp,
    pub actor: String,
    pub on_behalf_of: Option<String>,
    pub command_id: Uuid,
    /// 0 for the first event of its command.
    pub command_ordinal: i16,
    pub correlation: Uuid,
    pub causation: Option<Uuid>,
    pub definition: Option<[u8; 32]>,
    pub audience: Audience,
    pub provenance: Provenance,
    pub body: Vec<u8>,
    pub sealed: Vec<SealedPart>,
    /// Some of the rest is a guess then, on the side of telling nobody.
    pub unreadable: Option<Unreadable>,
}

/// Of an event that a newer build wrote: its stream waits for a build that knows more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    #[error("`{column}` holds a code that this build does not know")]
    Code { column: &'static str },
    #[error("`{column}` has another length than was appended")]
    Length { column: &'static str },
}

impl Recorded {
    /// # Errors
    /// When this build does not understand the envelope.
    pub fn check(&self) -> Result<(), Unreadable> {
        self.unreadable.map_or(Ok(()), Err)
    }

    /// Stable for ever, so that receivers can drop a second copy.
    #[must_use]
    pub fn event_id(&self) -> Uuid {
        Uuid::new_v5(&self.command_id, &self.command_ordinal.to_be_bytes())
    }
}
