//! Time goes by: what falls due becomes a command, and the rules judge it as any other.
//!
//! Nothing is decided here and nothing is kept. Invariant: whatever two replicas do at once, and
//! wherever one of them is killed, a rung is in the log at most once, in order, and never early.

mod sweeper;

pub use sweeper::{FindDue, NotFound, Outcome, Pace, Sweeper};
