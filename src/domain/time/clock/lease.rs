//! The lease of a claim: a clock spell that every act of the holder begins anew.
//!
//! Invariant: a lease that is begun anew never ends earlier than it would have.

use super::{Counting, Pause, Spell, SpellStatus};
use crate::domain::ids::{CalendarName, ClockName, StateName};
use crate::domain::workflow::definition::Target;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lease {
    /// Spells so far, those of earlier claims included: a rung names one of them.
    number: u32,
    /// Where the request stands: a claim may be made while a lease stands still.
    state: Option<StateName>,
    /// Absent while nobody holds the claim.
    spell: Option<Spell>,
}

/// How a lease counts, and where it stands still.
#[derive(Debug, Clone, Copy)]
pub struct LeaseTerms<'a> {
    pub target: Target,
    pub frozen_in: &'a [StateName],
}

impl Lease {
    #[must_use]
    pub fn is_unused(&self) -> bool {
        *self == Self::default()
    }

    #[must_use]
    pub fn find(&self) -> Option<&Spell> {
        self.spell.as_ref()
    }

    pub fn begin(&mut self, terms: LeaseTerms<'_>, calendar: CalendarName, at: Timestamp) {
        self.number += 1;
        self.spell = Some(Spell {
            clock: ClockName::of_claim(),
            number: self.number,
            started_at: at,
            calendar,
            target: terms.target,
            status: SpellStatus::Running,
            ended_at: None,
            pauses: Vec::new(),
            counting: Counting::default(),
            extensions: Vec::new(),
            concern: None,
            known_at: None,
        });
        self.stand(terms, at);
    }

    /// The request is in another state.
    pub fn enter(&mut self, state: &StateName, terms: LeaseTerms<'_>, at: Timestamp) {
        self.state = Some(state.clone());
        self.stand(terms, at);
    }

    pub fn end(&mut self) {
        self.spell = None;
    }

    fn stand(&mut self, terms: LeaseTerms<'_>, at: Timestamp) {
        let (Some(spell), Some(state)) = (&mut self.spell, &self.state) else {
            return;
        };
        let frozen = terms.frozen_in.contains(state);
        match (frozen, spell.status) {
            (true, SpellStatus::Running) => {
                spell.status = SpellStatus::Paused;
                spell.pauses.push(Pause {
                    from: at,
                    to: None,
                    state: state.clone(),
                    at_most: None,
                });
            }
            (false, SpellStatus::Paused) => spell.resume(at),
            (
                _,
                SpellStatus::Running
                | SpellStatus::Paused
                | SpellStatus::Stopped
                | SpellStatus::Cancelled,
            ) => {}
        }
    }
}

#[cfg(test)]
mod properties;
