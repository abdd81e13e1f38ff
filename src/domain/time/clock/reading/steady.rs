//! A spell that goes on by itself: what it reads at any later moment, without its pauses and its calendar.

use super::{View, wall_ms};
use crate::domain::time::calendar::Calendar;
use crate::domain::time::clock::{Spell, SpellStatus, Verdict};
use jiff::{SignedDuration, Timestamp};

/// Of a spell that runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Steady {
    /// The earliest moment that can be asked about, after its start.
    pub from: Timestamp,
    pub started_at: Timestamp,
    paused_ms: i64,
    due_at: Option<Timestamp>,
    extended: bool,
    /// Without what was added to the target.
    stated_due_at: Option<Timestamp>,
}

impl Spell {
    /// `None` where it has ended, or where no event has ended its last pause.
    #[must_use]
    pub fn steady(&self, calendar: &Calendar) -> Option<Steady> {
        if self.status != SpellStatus::Running {
            return None;
        }
        let view = View::of(self, calendar, Timestamp::MAX);
        let resumed = view.gaps.last().and_then(|gap| gap.to);
        let given = self.extensions.iter().map(|given| given.at);
        let last = resumed.into_iter().chain(given).max();
        Some(Steady {
            // In the very moment in which a pause ends it has not run again yet.
            from: last.map_or(Timestamp::MIN, |last| {
                let next = last.saturating_add(SignedDuration::from_nanos(1));
                next.unwrap_or(Timestamp::MAX)
            }),
            started_at: self.started_at,
            paused_ms: view.paused_ms(),
            due_at: view.due(),
            extended: !self.extensions.is_empty(),
            stated_due_at: view.with_target(self.target).due(),
        })
    }
}

impl Steady {
    /// As `Spell::verdict`.
    #[must_use]
    pub fn verdict(&self, as_of: Timestamp) -> Verdict {
        let met = |due: Option<Timestamp>| due.filter(|due| as_of > *due).map(|_| false);
        Verdict {
            status: SpellStatus::Running,
            elapsed_ms: wall_ms(self.started_at, as_of),
            paused_ms: self.paused_ms,
            due_at: self.due_at,
            met: met(self.due_at),
            extended: self.extended,
            met_unextended: met(self.stated_due_at),
        }
    }
}
