//! What is known of a spell without looking at each of its days.

use super::{View, wall_ms};
use crate::domain::time::calendar::Calendar;
use crate::domain::time::clock::{Spell, Verdict};
use jiff::Timestamp;

impl Spell {
    /// As `reading`, as far as it goes.
    #[must_use]
    pub fn verdict(&self, calendar: &Calendar, as_of: Timestamp) -> Verdict {
        self.judge(View::of(self, calendar, as_of), as_of)
    }

    pub(super) fn judge(&self, view: View<'_>, as_of: Timestamp) -> Verdict {
        let due_at = view.due();
        let extended = self.extensions.iter().any(|given| given.at <= as_of);
        let met = view.met(due_at);
        Verdict {
            status: view.status,
            elapsed_ms: wall_ms(view.start, view.end),
            paused_ms: view.paused_ms(),
            due_at,
            met,
            extended,
            met_unextended: if extended {
                view.met(view.with_target(self.target).due())
            } else {
                met
            },
        }
    }
}
