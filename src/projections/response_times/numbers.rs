//! What is counted of a spell: written down when it ended, or read off its clock.

use crate::domain::time::clock::{Reading, Verdict};

#[derive(Debug, Clone, Copy)]
pub(super) struct Numbers {
    pub(super) elapsed_ms: i64,
    pub(super) paused_ms: i64,
    pub(super) working_days: u32,
    pub(super) met: Option<bool>,
    pub(super) extended: bool,
    pub(super) met_stated: Option<bool>,
}

impl From<Reading> for Numbers {
    fn from(reading: Reading) -> Self {
        Self {
            elapsed_ms: reading.elapsed_ms,
            paused_ms: reading.paused_ms,
            working_days: reading.working_days,
            met: reading.met,
            extended: reading.extended,
            met_stated: reading.met_unextended,
        }
    }
}

impl From<Verdict> for Numbers {
    fn from(verdict: Verdict) -> Self {
        Self {
            elapsed_ms: verdict.elapsed_ms,
            paused_ms: verdict.paused_ms,
            working_days: 0,
            met: verdict.met,
            extended: verdict.extended,
            met_stated: verdict.met_unextended,
        }
    }
}

pub(super) fn settled(
    elapsed_ms: Option<i64>,
    paused_ms: Option<i64>,
    working_days: Option<i32>,
    met: Option<bool>,
) -> Option<Numbers> {
    Some(Numbers {
        elapsed_ms: elapsed_ms?,
        paused_ms: paused_ms?,
        working_days: u32::try_from(working_days?).unwrap_or(0),
        met,
        // What was given more time is read from its detail.
        extended: false,
        met_stated: met,
    })
}
