//! More time for a clock: given before its target is missed, by whoever may, with a reason.

#[cfg(test)]
mod tests;

use super::command::Facts;
use super::entitle::{Ground, check_sight};
use super::error::{NotExtended, Refusal};
use super::event::{ClaimEffect, ClockExtended, RequestEvent};
use super::sight::SightedAct;
use super::state::{Request, RequestState};
use crate::domain::ids::{ClockName, ReasonCode};
use crate::domain::time::calendar::Calendars;
use crate::domain::time::clock::{Clocks, Spell};
use crate::domain::workflow::definition::{Definition, ExtendRule, Target};
use std::sync::Arc;

/// Asked for, with what the log says of the clocks.
#[derive(Debug, Clone, PartialEq)]
pub struct Extend {
    pub clock: ClockName,
    /// In the unit of the clock's target.
    pub by: Target,
    pub reason: ReasonCode,
    /// Folded from the same events as the state.
    pub clocks: Clocks,
    pub calendars: Arc<Calendars>,
}

/// # Errors
/// With what is allowed: to whom, how much, how often, until when and for which reasons.
pub(super) fn extend(
    state: &RequestState,
    definition: &Definition,
    asked: &Extend,
    facts: &Facts,
) -> Result<Vec<RequestEvent>, Refusal> {
    let request = state.find().ok_or(Refusal::NotFound)?;
    check_sight(definition, request, SightedAct::Other, facts)?;
    let not_extended = |why| Refusal::NotExtended {
        found: asked.clock.clone(),
        why,
    };
    let rule = definition.clocks.get(&asked.clock);
    let rule = rule
        .and_then(|rule| rule.extend.as_ref())
        .ok_or_else(|| not_extended(NotExtended::NoRule))?;
    may(definition, request, rule, facts).map_err(not_extended)?;
    if !rule.reasons.contains_key(&asked.reason) {
        return Err(Refusal::UnknownReason {
            allowed: rule.reasons.keys().cloned().collect(),
        });
    }
    let spell = asked
        .clocks
        .find_newest(&asked.clock)
        .filter(|spell| spell.status.is_open())
        .ok_or_else(|| not_extended(NotExtended::Ended))?;
    fits(spell, rule, asked).map_err(not_extended)?;
    in_time(spell, asked, facts).map_err(not_extended)?;
    let holder = request.claimed_by.as_ref();
    let renews = definition.claims.is_some() && holder == Some(facts.person_id());
    Ok(vec![RequestEvent::ClockExtended(Box::new(ClockExtended {
        clock: asked.clock.clone(),
        spell: spell.number,
        by: asked.by,
        reason: asked.reason.clone(),
        team: request.owner.team.clone(),
        agency: request.later_agency().cloned(),
        claim: renews.then_some(ClaimEffect::Renewed),
    }))])
}

fn may(
    definition: &Definition,
    request: &Request,
    rule: &ExtendRule,
    facts: &Facts,
) -> Result<(), NotExtended> {
    let ground = Ground {
        definition,
        request: Some(request),
        team: &request.owner.team,
        actions: None,
        concern: None,
    };
    match ground.find_role(&rule.by, facts.who()) {
        Some(_) => Ok(()),
        None => Err(NotExtended::NotYours {
            allowed: rule.by.clone(),
        }),
    }
}

fn fits(spell: &Spell, rule: &ExtendRule, asked: &Extend) -> Result<(), NotExtended> {
    let given = u32::try_from(spell.extensions.len()).unwrap_or(u32::MAX);
    if given >= rule.at_most {
        return Err(NotExtended::TooOften {
            at_most: rule.at_most,
        });
    }
    if !asked.by.has_unit_of(rule.longest) || asked.by.count() > rule.longest.count() {
        return Err(NotExtended::TooLong {
            found: asked.by,
            longest: rule.longest,
        });
    }
    Ok(())
}

/// A target that is missed stays missed; one that pauses inside it can be extended.
fn in_time(spell: &Spell, asked: &Extend, facts: &Facts) -> Result<(), NotExtended> {
    let calendar = asked
        .calendars
        .load(&spell.calendar)
        .map_err(|_| NotExtended::NoCalendar)?;
    let reading = spell.reading(calendar, facts.occurred_at);
    match (reading.met, reading.due_at) {
        (Some(false), due_at) => Err(NotExtended::Missed { due_at }),
        (Some(true) | None, _) => Ok(()),
    }
}
