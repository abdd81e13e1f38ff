//! A spell that goes on by itself: what it reads at any later moment, without its pauses and its calendar.

use super::{View, wall_ms};
use crate::domain::time::calendar::Calendar;
use crate::domain::time::clock::{Spell, SpellStatus, Verdict};
use jiff::Timestamp;

/// Of a spell that runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Steady {
    /// Nothing of it lies later: from here on it can be asked.
    pub from: Timestamp,
    started_at: Timestamp,
    paused_ms: i64,
    due_at: Option<Timestamp>,
    extended: bool,
    /// Without what was added to the target.
    stated_due_at: Option<Timestamp>,
}

impl Spell {
    /// `None` where it has ended, or pauses without an end.
    #[must_use]
    pub fn steady(&self, calendar: &Calendar) -> Option<Steady> {
        let view = View::of(self, calendar, Timestamp::MAX);
        if view.status != SpellStatus::Running {
            return None;
        }
        let resumed = view.gaps.last().and_then(|gap| gap.to);
        let given = self.extensions.iter().map(|given| given.at);
        let moments = resumed.into_iter().chain(given);
        Some(Steady {
            from: moments.fold(self.started_at, Timestamp::max),
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
