//! The event log on Postgres: append, read, prove. It knows bytes, not meaning.
//!
//! Invariant: positions are gapless and in commit order, every link of the chain covers its
//! events, and an accepted command is in the log exactly once for ever.

pub mod append;
mod batch;
pub mod blind_index;
mod by_stream;
pub mod chain;
pub mod checkpoint;
pub mod committer;
pub mod connect;
pub mod cursor;
pub mod destruction;
pub mod epoch;
pub mod event;
mod key_cache;
mod keys;
pub mod leases;
mod master;
pub mod migrate;
pub mod note;
pub mod read;
mod replay;
pub mod rotation;
pub mod seal;
mod setting;
mod stream_reader;
mod tail;
pub mod vault;
pub mod verify;
pub mod viewer_index;

pub use committer::Log;
pub use event::{
    Append, AppendError, Audience, NewEvent, Position, Provenance, Receipt, Recorded, SealedPart,
    StreamKind, Unreadable, Verdict,
};
pub use keys::NewKeys;
pub use read::{EarlierEvents, FoundCommand};
