//! How long the child waits: calendar time from when help was first asked for to when help starts. It
//! never pauses and never starts again because a request changes hands.

use crate::domain::workflow::definition::StateRule;
use jiff::Timestamp;

/// What ends the wait; neither while the child still waits.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ChildWait {
    /// When help started.
    pub helped_at: Option<Timestamp>,
    /// When the request ended, if it has.
    pub ended_at: Option<Timestamp>,
}

impl ChildWait {
    /// Follows an act that led to a state. Help that is interrupted, as when another team takes over,
    /// has started all the same; a request that is taken up again after its end waits again.
    pub fn enter(&mut self, state: &StateRule, at: Timestamp) {
        if state.ends {
            self.ended_at.get_or_insert(at);
            return;
        }
        if self.ended_at.take().is_some() {
            self.helped_at = None;
        }
        if state.helping {
            self.helped_at.get_or_insert(at);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::workflow::definition::StateHolder;

    fn state(helping: bool, ends: bool) -> StateRule {
        StateRule {
            title: String::new(),
            meaning: String::new(),
            held_by: StateHolder::Team,
            ends,
            waiting: false,
            helping,
            restricted: false,
        }
    }

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn after(steps: &[(bool, bool)]) -> ChildWait {
        let mut wait = ChildWait::default();
        for (second, (helping, ends)) in (1..).zip(steps) {
            wait.enter(&state(*helping, *ends), at(second));
        }
        wait
    }

    const TEAM: (bool, bool) = (false, false);
    const HELPS: (bool, bool) = (true, false);
    const ENDED: (bool, bool) = (false, true);

    #[test]
    fn the_wait_ends_when_help_starts_and_stays_ended_when_another_team_takes_over() {
        assert_eq!(after(&[TEAM, TEAM]), ChildWait::default());
        for steps in [&[TEAM, HELPS, HELPS][..], &[TEAM, HELPS, TEAM, HELPS]] {
            assert_eq!(after(steps).helped_at, Some(at(2)), "{steps:?}");
        }
        let ended = after(&[TEAM, HELPS, ENDED, ENDED]);
        assert_eq!(
            (ended.helped_at, ended.ended_at),
            (Some(at(2)), Some(at(3)))
        );
    }

    #[test]
    fn a_request_that_is_looked_at_again_waits_again() {
        let again = after(&[TEAM, HELPS, ENDED, TEAM]);
        assert_eq!(again, ChildWait::default());
        let helped = after(&[TEAM, ENDED, TEAM, HELPS]);
        assert_eq!((helped.helped_at, helped.ended_at), (Some(at(4)), None));
    }
}
