//! Child protection concerns that were passed on: who answered, who holds each, what came of it.
//!
//! A fold of acts; ids and codes only. Invariants: only a named person who answered, or took the
//! concern over, ends its alarm; only a final result of whoever holds it closes it.

#[cfg(test)]
mod tests;

use super::actor::PrincipalKind;
use super::command::{Asked, Facts};
use super::entitle::{Ground, Who};
use super::error::Refusal;
use super::event::Act;
use super::state::Request;
use crate::domain::ids::PrincipalId;
use crate::domain::workflow::definition::{HandOver, MoveRule, OpenResults};
use crate::domain::workflow::expression::find;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What one act did to a concern; the act's `hand_over` says which step it was.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConcernStep {
    /// From 1, in the request.
    pub number: u32,
    pub by: PrincipalId,
    pub at: Timestamp,
    /// The code of the result, where the act gives one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub result: Option<String>,
    /// The result keeps the concern open: somebody is still looking at it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub stays_open: bool,
}

/// One concern of a request, as it stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Concern {
    /// From 1, in the order in which they were passed on.
    pub number: u32,
    /// Absent, like the time, in histories from before concerns had numbers.
    pub passed_on_by: Option<PrincipalId>,
    pub passed_on_at: Option<Timestamp>,
    /// How often nobody could be reached since.
    pub attempt_count: u32,
    pub handed_over: Option<HandOverFact>,
    /// The responder who took it over last.
    pub held_by: Option<PrincipalId>,
    pub held_since: Option<Timestamp>,
    /// The code of the latest result.
    pub result: Option<String>,
    /// No final result is known yet.
    pub open: bool,
}

/// That a named person answered for a concern: who wrote it down, and when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HandOverFact {
    pub by: PrincipalId,
    pub at: Timestamp,
}

impl Concern {
    /// Nobody is known to have answered: its alarm is on.
    #[must_use]
    pub fn is_unanswered(&self) -> bool {
        self.open && self.handed_over.is_none() && self.held_by.is_none()
    }

    /// An open one, by this responder.
    #[must_use]
    pub fn is_held_by(&self, person: &PrincipalId) -> bool {
        self.open && self.held_by.as_ref() == Some(person)
    }

    /// Whether such a step of this person has something left to do.
    fn admits(&self, step: HandOver, person: &PrincipalId) -> bool {
        match step {
            HandOver::Opens => false,
            HandOver::Attempts | HandOver::HandsOver => self.is_unanswered(),
            HandOver::TakesOver => self.open && !self.is_held_by(person),
            HandOver::Closes => self.is_held_by(person),
        }
    }

    fn follow(&mut self, step: HandOver, told: &ConcernStep) {
        match step {
            HandOver::Opens => {}
            HandOver::Attempts => self.attempt_count = self.attempt_count.saturating_add(1),
            HandOver::HandsOver => {
                self.handed_over = Some(HandOverFact {
                    by: told.by.clone(),
                    at: told.at,
                });
            }
            HandOver::TakesOver => {
                self.held_by = Some(told.by.clone());
                self.held_since = Some(told.at);
            }
            HandOver::Closes => {
                self.result.clone_from(&told.result);
                self.open = told.stays_open;
            }
        }
    }
}

/// What an act does to the concerns. An act from before concerns had numbers closes the oldest.
pub fn evolve(concerns: &mut Vec<Concern>, act: &Act) {
    match (act.hand_over, &act.concern) {
        (None, _) => {}
        (Some(HandOver::Opens), told) => concerns.push(Concern {
            number: next_number(concerns),
            passed_on_by: told.as_ref().map(|told| told.by.clone()),
            passed_on_at: told.as_ref().map(|told| told.at),
            attempt_count: 0,
            handed_over: None,
            held_by: None,
            held_since: None,
            result: None,
            open: true,
        }),
        (Some(step), Some(told)) => {
            let mut all = concerns.iter_mut();
            if let Some(concern) = all.find(|concern| concern.number == told.number) {
                concern.follow(step, told);
            }
        }
        (Some(_), None) => {
            if let Some(oldest) = concerns.iter_mut().find(|concern| concern.open) {
                oldest.open = false;
            }
        }
    }
}

fn next_number(concerns: &[Concern]) -> u32 {
    u32::try_from(concerns.len()).map_or(u32::MAX, |count| count.saturating_add(1))
}

impl Request {
    /// Some concern has no final result yet.
    #[must_use]
    pub fn is_concern_open(&self) -> bool {
        self.concerns.iter().any(|concern| concern.open)
    }

    /// The alarm: for some concern nobody is known to have answered.
    #[must_use]
    pub fn has_unanswered_concern(&self) -> bool {
        self.concerns.iter().any(Concern::is_unanswered)
    }

    /// Whether this person holds an open concern.
    #[must_use]
    pub fn holds_concern(&self, person: &PrincipalId) -> bool {
        let mut all = self.concerns.iter();
        all.any(|concern| concern.is_held_by(person))
    }

    /// Whether this person passed on a concern, open or not.
    #[must_use]
    pub fn passed_on(&self, person: &PrincipalId) -> bool {
        let mut all = self.concerns.iter();
        all.any(|concern| concern.passed_on_by.as_ref() == Some(person))
    }

    #[must_use]
    pub fn find_concern(&self, number: u32) -> Option<&Concern> {
        let mut all = self.concerns.iter();
        all.find(|concern| concern.number == number)
    }
}

/// The concerns of a ground that this person may make such a move about now, by number.
pub(super) fn open_to(ground: &Ground<'_>, rule: &MoveRule, who: Who<'_>) -> Vec<u32> {
    let (Some(step), Some(request)) = (rule.hand_over, ground.request) else {
        return Vec::new();
    };
    let open = request.concerns.iter().filter(|concern| {
        concern.admits(step, &who.person.id) && ground.of_concern(concern.number).allows(rule, who)
    });
    open.map(|concern| concern.number).collect()
}

/// The number that an act names; `None` where its move names no concern.
pub(super) fn number(rule: &MoveRule, asked: &Asked) -> Option<u32> {
    let named = find(&asked.coded, rule.concern.as_deref()?);
    let number = named.and_then(Value::as_u64);
    // What is no number of a concern is 0, which none has.
    Some(
        number
            .and_then(|number| u32::try_from(number).ok())
            .unwrap_or(0),
    )
}

/// What an act does to a concern, once it is known that the person may.
///
/// # Errors
/// When no open concern has the number, or nothing of the kind is left to do about it.
pub(super) fn step(
    ground: &Ground<'_>,
    rule: &MoveRule,
    asked: &Asked,
    facts: &Facts,
) -> Result<Option<ConcernStep>, Refusal> {
    let Some(step) = rule.hand_over else {
        return Ok(None);
    };
    let none = Vec::new();
    let concerns = ground.request.map_or(&none, |request| &request.concerns);
    let number = if step == HandOver::Opens {
        next_number(concerns)
    } else {
        // A stored definition from before concerns had numbers names none: it does nothing to them.
        let named = number(rule, asked).unwrap_or(0);
        let open = open_to(ground, rule, facts.who());
        if !open.contains(&named) {
            return Err(not_open(ground, step, (named, open), facts));
        }
        named
    };
    let told = rule.keeps_open.as_ref();
    let result = told.and_then(|results| results.code_of(&asked.coded));
    Ok(Some(ConcernStep {
        number,
        by: facts.person_id().clone(),
        at: facts.occurred_at,
        stays_open: told
            .zip(result)
            .is_some_and(|(results, code)| results.keeps(code)),
        result: result.map(str::to_owned),
    }))
}

fn not_open(
    ground: &Ground<'_>,
    step: HandOver,
    (found, open): (u32, Vec<u32>),
    facts: &Facts,
) -> Refusal {
    let concern = ground
        .request
        .and_then(|request| request.find_concern(found));
    match (step, concern.filter(|concern| concern.open)) {
        (HandOver::Attempts | HandOver::HandsOver, Some(_)) => {
            Refusal::ConcernAnswered { found, open }
        }
        (HandOver::TakesOver, Some(concern)) if concern.is_held_by(facts.person_id()) => {
            Refusal::ConcernHeld { found }
        }
        _ => Refusal::NoSuchConcern { found, open },
    }
}

/// Why somebody whose task it is to answer concerns may not give a result: the concern is not open,
/// or somebody has to take it over first. Everybody else hears that the move is for others.
pub(super) fn explained(
    refused: Refusal,
    ground: &Ground<'_>,
    rule: &MoveRule,
    facts: &Facts,
) -> Refusal {
    let (Some(request), Some(found)) = (ground.request, ground.concern) else {
        return refused;
    };
    if rule.hand_over != Some(HandOver::Closes) || !ground.is_responder(facts.who()) {
        return refused;
    }
    match request.find_concern(found).filter(|concern| concern.open) {
        Some(_) => Refusal::ConcernNotHeld { found },
        None => Refusal::NoSuchConcern {
            found,
            open: open_to(ground, rule, facts.who()),
        },
    }
}

/// Taking a concern over and giving its result are done by a person, and for nobody else.
pub(super) fn needs_person(step: HandOver, facts: &Facts) -> bool {
    let alone = facts.on_behalf_of.is_none() && facts.actor.kind == PrincipalKind::Person;
    match step {
        HandOver::Opens | HandOver::Attempts | HandOver::HandsOver => false,
        HandOver::TakesOver | HandOver::Closes => !alone,
    }
}

impl OpenResults {
    fn code_of<'d>(&self, coded: &'d serde_json::Map<String, Value>) -> Option<&'d str> {
        find(coded, &self.at).and_then(Value::as_str)
    }

    fn keeps(&self, code: &str) -> bool {
        self.codes.iter().any(|kept| kept == code)
    }
}
