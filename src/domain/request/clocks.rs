//! The clocks of one request, followed act by act.

use super::event::{Act, Opening, RequestEvent};
use crate::domain::ids::{AgencyId, EventName, TeamId};
use crate::domain::organisation::Organisation;
use crate::domain::time::clock::{ClockFact, Clocks};
use crate::domain::workflow::definition::{CalendarChoice, ClockRule, Definition};
use jiff::Timestamp;

/// What the clocks of a request stand on besides its acts.
#[derive(Debug, Clone, Copy)]
pub struct ClockGround<'a> {
    pub definition: &'a Definition,
    pub organisation: &'a Organisation,
    /// Of whoever asked first: the days of whoever asks now may be the ones that count.
    pub agency: Option<&'a AgencyId>,
    /// When help was first asked for.
    pub received_at: Timestamp,
}

impl<'a> ClockGround<'a> {
    #[must_use]
    pub fn of(
        definition: &'a Definition,
        organisation: &'a Organisation,
        opening: &'a Opening,
    ) -> Self {
        Self {
            definition,
            organisation,
            agency: opening.agency.as_ref(),
            received_at: opening.received_at,
        }
    }

    pub fn follow(&self, clocks: &mut Clocks, act: &Act, occurred_at: Timestamp) {
        let calendar_of = |rule: &ClockRule, team: &TeamId| match &rule.calendar {
            CalendarChoice::OwnerTeam => self.organisation.calendar_of_team(team),
            CalendarChoice::Requester => {
                let agency = act.agency.as_ref().or(self.agency);
                self.organisation.calendar_of_agency(agency)
            }
            CalendarChoice::Named(name) => name.clone(),
        };
        // What one answer of several leaves open goes on being timed.
        let unanswered: Vec<&EventName> = match act.concerns_left {
            0 => Vec::new(),
            _ => self.definition.opening_hand_overs().collect(),
        };
        let fact = ClockFact {
            unanswered: &unanswered,
            event: act.name.as_str(),
            occurred_at,
            to: &act.to,
            coded: &act.coded,
            team: &act.owner.team,
            received_at: self.received_at,
        };
        clocks.evolve(&self.definition.clocks, fact, &calendar_of);
    }

    /// Only what people did moves a clock.
    #[must_use]
    pub fn fold<'e>(
        &self,
        events: impl IntoIterator<Item = (Timestamp, &'e RequestEvent)>,
    ) -> Clocks {
        let mut clocks = Clocks::default();
        for (occurred_at, event) in events {
            if let RequestEvent::Act(act) = event {
                self.follow(&mut clocks, act, occurred_at);
            }
        }
        clocks
    }
}
