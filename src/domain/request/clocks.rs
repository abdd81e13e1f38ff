//! The clocks of one request, folded from its acts under the organisation in force.

use super::event::Act;
use crate::domain::ids::{AgencyId, TeamId};
use crate::domain::organisation::Organisation;
use crate::domain::time::clock::{ClockFact, Clocks};
use crate::domain::workflow::Definition;
use crate::domain::workflow::definition::{CalendarChoice, ClockRule};
use jiff::Timestamp;

/// What the clocks of a request need besides its acts.
#[derive(Debug, Clone, Copy)]
pub struct ClockGround<'a> {
    pub definition: &'a Definition,
    pub organisation: &'a Organisation,
    /// Of whoever asked first: the days of whoever asks now may be the ones that count.
    pub agency: Option<&'a AgencyId>,
    /// When help was first asked for.
    pub received_at: Timestamp,
}

impl ClockGround<'_> {
    /// Takes the next act, in the order of the log.
    pub fn follow(&self, clocks: &mut Clocks, act: &Act, occurred_at: Timestamp) {
        let fact = ClockFact {
            event: act.name.as_str(),
            occurred_at,
            to: &act.to,
            coded: &act.coded,
            team: &act.owner.team,
            received_at: self.received_at,
        };
        let calendar_of = |rule: &ClockRule, team: &TeamId| match &rule.calendar {
            CalendarChoice::OwnerTeam => self.organisation.calendar_of_team(team),
            CalendarChoice::Requester => {
                let agency = act.agency.as_ref().or(self.agency);
                self.organisation.calendar_of_agency(agency)
            }
            CalendarChoice::Named(name) => name.clone(),
        };
        clocks.evolve(&self.definition.clocks, fact, &calendar_of);
    }
}
