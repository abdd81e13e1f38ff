//! When a rung of an escalation ladder is raised: once, in order, never early.

#[cfg(test)]
mod tests;

use super::error::{NotDue, Refusal};
use super::event::{RequestEvent, RungRaised};
use super::state::{Request, RequestState};
use crate::domain::ids::ClockName;
use crate::domain::time::calendar::{Calendar, Calendars};
use crate::domain::time::clock::{Clocks, Spell};
use crate::domain::time::ladder::{Due, Step};
use crate::domain::workflow::definition::{Definition, Ladder, Rung};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::sync::Arc;

/// Names one occurrence of one rung of one run of a clock.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RungId {
    pub clock: ClockName,
    /// From 1.
    pub spell: u32,
    #[serde(flatten)]
    pub step: Step,
}

impl fmt::Display for RungId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Step { rung, occurrence } = self.step;
        write!(f, "{}/{}/{rung}/{occurrence}", self.clock, self.spell)
    }
}

/// A rung to raise, with what the log says of the clocks.
#[derive(Debug, Clone, PartialEq)]
pub struct Raise {
    pub rung: RungId,
    /// Folded from the same events as the state.
    pub clocks: Clocks,
    pub calendars: Arc<Calendars>,
}

/// One that was raised before is no refusal: there is nothing left to do.
///
/// # Errors
/// When it is not the next of its clock, or its instant has not come.
pub(super) fn raise(
    state: &RequestState,
    definition: &Definition,
    asked: &Raise,
    now: Timestamp,
) -> Result<Vec<RequestEvent>, Refusal> {
    let request = state.find().ok_or(Refusal::NotFound)?;
    let id = &asked.rung;
    let not_due = |why| Refusal::RungNotDue {
        found: id.to_string(),
        why,
    };
    let last = request.last_step(&id.clock, id.spell);
    if last.is_some_and(|last| id.step.order(last).is_le()) {
        return Ok(Vec::new());
    }
    let ladder = definition.ladder_of(&id.clock);
    let (ladder, rung) = ladder
        .and_then(|ladder| Some((ladder, ladder.find(id.step.rung)?)))
        .ok_or_else(|| not_due(NotDue::NoRung))?;
    let mut spells = asked.clocks.spells.iter();
    let spell = spells
        .find(|spell| spell.clock == id.clock && spell.number == id.spell)
        .filter(|spell| spell.status.is_open())
        .ok_or_else(|| not_due(NotDue::Ended))?;
    let calendar = asked
        .calendars
        .load(&spell.calendar)
        .map_err(|_| not_due(NotDue::NoCalendar))?;
    let due = due(spell, ladder, calendar, (last, id.step)).map_err(not_due)?;
    if !due.is_ready(now) {
        return Err(not_due(NotDue::Early {
            ready_at: due.ready_at,
        }));
    }
    Ok(vec![event(request, id, rung, (calendar, due, now))])
}

fn due(
    spell: &Spell,
    ladder: &Ladder,
    calendar: &Calendar,
    (last, asked): (Option<Step>, Step),
) -> Result<Due, NotDue> {
    let next = spell
        .next_step(ladder, calendar, last)
        .ok_or(NotDue::NoRung)?;
    if next.step != asked {
        return Err(NotDue::NotNext);
    }
    next.due.ok_or(NotDue::Paused)
}

fn event(
    request: &Request,
    id: &RungId,
    rung: &Rung,
    (calendar, due, now): (&Calendar, Due, Timestamp),
) -> RequestEvent {
    RequestEvent::RungRaised(Box::new(RungRaised {
        rung: id.clone(),
        due_at: due.due_at,
        // In the hours of the calendar that the clock counts by: one by the wall knows no night.
        not_before: Some(calendar.next_open_at(now.max(due.due_at))),
        tell: rung.tell.clone(),
        missed: rung.missed,
        team: request.owner.team.clone(),
    }))
}
