//! The moments at which whoever asked for help wants to hear that something happened.

use crate::domain::ids::{ClockName, EventName};
use crate::domain::request::event::RequestEvent;
use crate::domain::workflow::definition::{Definition, Trigger};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Occasion {
    Receipt,
    Question,
    Decision,
    FirstContact,
    End,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not an occasion; there are: receipt, question, decision, first-contact, end")]
pub struct NoOccasion;

impl Occasion {
    pub const ALL: [Self; 5] = [
        Self::Receipt,
        Self::Question,
        Self::Decision,
        Self::FirstContact,
        Self::End,
    ];

    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Receipt => "receipt",
            Self::Question => "question",
            Self::Decision => "decision",
            Self::FirstContact => "first-contact",
            Self::End => "end",
        }
    }

    /// What an event is for whoever asked, what matters most first: a decision may be the end, too.
    /// `before` are the events of the request before it.
    #[must_use]
    pub fn of(event: &RequestEvent, before: &[&RequestEvent], rules: &Definition) -> Vec<Self> {
        let RequestEvent::Act(act) = event else {
            return Vec::new();
        };
        let ends = |name| rules.states.get(name).is_some_and(|state| state.ends);
        let speaks = |event: &&RequestEvent| match event {
            RequestEvent::Act(act) => stops(rules, "first_contact", &act.name),
            RequestEvent::Claimed { .. }
            | RequestEvent::Released { .. }
            | RequestEvent::RungRaised(_)
            | RequestEvent::ClaimLapsed(_)
            | RequestEvent::ClockExtended(_) => false,
        };
        let rule = rules.moves.get(&act.move_name);
        let is_it = |occasion: &Self| match occasion {
            Self::Receipt => act.opening.is_some(),
            Self::Question => starts(rules, "answer", &act.name),
            Self::Decision => rule.is_some_and(|rule| rule.decision),
            Self::FirstContact => speaks(&event) && !before.iter().any(speaks),
            Self::End => ends(&act.to) && !act.from.as_ref().is_some_and(ends),
        };
        Self::ALL.into_iter().filter(is_it).collect()
    }
}

fn starts(rules: &Definition, clock: &str, event: &EventName) -> bool {
    triggers(rules, clock).is_some_and(|(start, _)| start.iter().any(|t| t.event == *event))
}

fn stops(rules: &Definition, clock: &str, event: &EventName) -> bool {
    triggers(rules, clock).is_some_and(|(_, stop)| stop.iter().any(|t| t.event == *event))
}

/// What starts and what stops a clock.
fn triggers<'d>(rules: &'d Definition, clock: &str) -> Option<(&'d [Trigger], &'d [Trigger])> {
    let name = ClockName::parse(clock).ok()?;
    let clock = rules.clocks.get(&name)?;
    Some((&clock.start, &clock.stop))
}

impl fmt::Display for Occasion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Occasion {
    type Err = NoOccasion;

    fn from_str(text: &str) -> Result<Self, NoOccasion> {
        let mut all = Self::ALL.into_iter();
        all.find(|one| one.as_str() == text).ok_or(NoOccasion)
    }
}
