//! The rules: what a request for assistance is and what may happen to it.
//!
//! Pure and synchronous: no IO, no clock, no randomness; what a rule needs travels in the command.
//! Invariant: the same events and the same definition always give the same state.

pub mod declared;
pub mod derive;
pub mod ids;
pub mod measures;
pub mod organisation;
pub mod ownership;
pub mod request;
pub mod time;
pub mod workflow;
