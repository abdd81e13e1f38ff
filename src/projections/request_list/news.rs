//! What an act brings besides the state: a decision, a day that is expected, something to do.

use super::RequestRow;
use crate::domain::request::event::Act;
use jiff::Timestamp;

impl RequestRow {
    /// What was decided, what is expected, and who is to do what of the plan. A decision is news from
    /// when it was written down.
    pub(super) fn take_news(&mut self, act: &Act, recorded_at: Timestamp) {
        if act.decided_by.is_some() {
            self.decided_at = Some(recorded_at);
            self.decision = Some(act.name.to_string());
            (self.expected_on, self.expected_because) = (None, None);
        }
        if let Some(expected) = &act.expected {
            self.expected_on = Some(expected.on);
            self.expected_because.clone_from(&expected.because);
        }
        // An act of whoever asked is no work of the team.
        if act.acted_as.team.is_some() || act.left_team.is_some() {
            self.lapses = 0;
        }
        if let Some(step) = &act.plan {
            self.plan.evolve(step);
            let open = || self.plan.open().map(|(_, action)| action);
            let doers = open().filter_map(|action| action.who.as_ref());
            self.doers = doers.map(ToString::to_string).collect();
            let agencies = open().filter(|action| action.who.is_none());
            let agencies = agencies.filter_map(|action| action.agency.as_ref());
            self.doing_agencies = agencies.map(ToString::to_string).collect();
        }
    }
}
