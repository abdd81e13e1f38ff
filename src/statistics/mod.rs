//! Pure statistics of waiting times, in days as `f64`.
//!
//! Must not know requests, clocks or calendars. Invariant: what is still open is never left out of
//! an estimate; a figure over ended ones alone says so in its name.

pub mod kaplan_meier;
pub mod summary;

/// How long something took, or has taken so far.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Observation {
    /// Finite, not negative.
    pub days: f64,
    /// Whether it ended then; otherwise it was still open (right-censored).
    pub ended: bool,
}
