//! Log → RabbitMQ: at least once, in order per request, with ids and codes only.
//!
//! It never publishes what is not in the log and never decides anything. Invariant: the cursor is
//! the highest contiguous position whose messages are confirmed and not returned, or whose request
//! is parked. Copies carry the same message id and the same place among the messages of their request,
//! by which receivers skip them and put in order what arrives in another.

pub mod asyncapi;
mod broker_error;
pub mod contract;
mod generations;
pub mod intake;
pub mod lane;
pub mod management;
mod memory;
pub mod message;
pub(crate) mod origin;
mod outcome;
pub(crate) mod page;
pub(crate) mod parked;
pub mod place;
pub mod policy;
pub mod provision;
mod publisher;
pub mod redrive;
mod retry;
mod sending;
mod session;
pub mod status;
pub mod topology;
mod window;

pub use broker_error::{Mismatch, PublishError};
pub use lane::RelayLane;
pub use outcome::{RelayError, RelayOutcome};
pub use status::{State, Status};
