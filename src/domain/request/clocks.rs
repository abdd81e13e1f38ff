//! The clocks of one request, followed event by event.

use super::event::{Act, ClaimEffect, Opening, RequestEvent};
use super::plan::PlanStep;
use crate::domain::declared::Declared;
use crate::domain::ids::{AgencyId, TeamId};
use crate::domain::organisation::Organisation;
use crate::domain::time::clock::{ClockFact, Clocks, Lease, LeaseTerms};
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

    /// Only what people did moves a clock of the definition; the lease of a claim also ends by itself.
    pub fn follow(&self, clocks: &mut Clocks, event: &RequestEvent, occurred_at: Timestamp) {
        match event {
            RequestEvent::Act(act) => self.act(clocks, act, occurred_at),
            RequestEvent::ClockExtended(given) => {
                clocks.extend((&given.clock, given.spell), given.at(occurred_at));
            }
            RequestEvent::Claimed { .. }
            | RequestEvent::Released { .. }
            | RequestEvent::RungRaised(_)
            | RequestEvent::ClaimLapsed(_) => {}
        }
        self.follow_lease(&mut clocks.lease, event, occurred_at);
    }

    fn act(&self, clocks: &mut Clocks, act: &Act, occurred_at: Timestamp) {
        let calendar_of = |rule: &ClockRule, team: &TeamId| match &rule.calendar {
            CalendarChoice::OwnerTeam => self.organisation.calendar_of_team(team),
            CalendarChoice::Requester => {
                let agency = act.agency.as_ref().or(self.agency);
                self.organisation.calendar_of_agency(agency)
            }
            CalendarChoice::Named(name) => name.clone(),
        };
        let fact = ClockFact {
            concern: act.concern.as_ref().map(|step| step.number),
            event: act.name.as_str(),
            occurred_at,
            to: &act.to,
            coded: &act.coded,
            team: &act.owner.team,
            received_at: self.received_at,
        };
        clocks.evolve(&self.definition.clocks, fact, &calendar_of);
        self.follow_plan(clocks, act, occurred_at);
    }

    fn follow_plan(&self, clocks: &mut Clocks, act: &Act, at: Timestamp) {
        if self.definition.actions.is_none() {
            return;
        }
        match &act.plan {
            Some(PlanStep::Added(action)) => {
                let calendar = self.organisation.calendar_of_team(&act.owner.team);
                clocks.actions.add(action.due_on, calendar, at);
            }
            Some(PlanStep::Settled(settled)) => clocks.actions.settle(&settled.actions),
            None => {}
        }
        let state = self.definition.states.get(&act.to);
        clocks
            .actions
            .wait(state.is_some_and(|state| state.restricted));
    }

    pub fn follow_lease(&self, lease: &mut Lease, event: &RequestEvent, at: Timestamp) {
        let Some(rule) = &self.definition.claims else {
            return;
        };
        let terms = LeaseTerms {
            target: rule.lease,
            frozen_in: &rule.frozen_in,
        };
        match event {
            RequestEvent::Claimed { team, .. } => {
                lease.begin(terms, self.organisation.calendar_of_team(team), at);
            }
            RequestEvent::Released { .. } | RequestEvent::ClaimLapsed(_) => lease.end(),
            RequestEvent::Act(act) => {
                lease.enter(&act.to, terms, at);
                self.affect(lease, terms, (act.claim, &act.owner.team), at);
            }
            RequestEvent::ClockExtended(given) => {
                self.affect(lease, terms, (given.claim, &given.team), at);
            }
            RequestEvent::RungRaised(_) => {}
        }
    }

    /// Each event by what was in force at its position, as a read table that met it then has it.
    #[must_use]
    pub fn fold_in<'e>(
        &self,
        declared: &'a Declared,
        events: impl IntoIterator<Item = (i64, Timestamp, &'e RequestEvent)>,
    ) -> Clocks {
        let mut clocks = Clocks::default();
        for (position, occurred_at, event) in events {
            let ground = Self {
                organisation: declared.organisation_at(position),
                ..*self
            };
            ground.follow(&mut clocks, event, occurred_at);
        }
        clocks
    }

    fn affect(
        &self,
        lease: &mut Lease,
        terms: LeaseTerms<'_>,
        (effect, team): (Option<ClaimEffect>, &TeamId),
        at: Timestamp,
    ) {
        match effect {
            Some(ClaimEffect::Renewed) => {
                lease.begin(terms, self.organisation.calendar_of_team(team), at);
            }
            Some(ClaimEffect::Dropped) => lease.end(),
            None => {}
        }
    }

    #[must_use]
    pub fn fold<'e>(
        &self,
        events: impl IntoIterator<Item = (Timestamp, &'e RequestEvent)>,
    ) -> Clocks {
        let mut clocks = Clocks::default();
        for (occurred_at, event) in events {
            self.follow(&mut clocks, event, occurred_at);
        }
        clocks
    }
}
