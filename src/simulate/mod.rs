//! An invented year of requests for assistance, done by the ordinary commands in virtual time.
//!
//! Nothing here knows a rule: what the workflow refuses is refused here too, and counted.
//! Invariant: the same seed, number and last day give the same year; it lives in an authority of
//! its own and is marked synthetic.

pub mod calendar;
pub mod cast;
pub mod choice;
pub mod payload;
pub mod run;
pub mod story;
