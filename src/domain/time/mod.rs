//! Working time: calendars made of layers, and clocks folded from events.
//!
//! Pure. Invariant: the three kinds of time (working days, working hours, calendar time) are never
//! converted into one another.

pub mod calendar;
pub mod clock;
pub mod due_day;
pub mod ladder;
pub mod strip;

#[cfg(test)]
use calendar::{golden, shipped};
