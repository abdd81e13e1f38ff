//! Keeps the index by viewer in step with the log: who may see a request changes as it moves.
//!
//! It writes keys and digests, and shows nothing: what is found is judged again by the rule of access.
//! Invariant: an entry belongs to somebody who may see the request, or could a moment ago; so what a
//! late entry costs tells its viewer nothing new.

mod follow;
mod lag;

pub use follow::{LookupError, LookupIndex, LookupStatus, LookupStep};
pub use lag::{LookupLag, Lookups};
