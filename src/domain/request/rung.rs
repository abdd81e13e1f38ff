//! When a rung of an escalation ladder is raised: once, in order, never early.

#[cfg(test)]
mod tests;

use super::command::Facts;
use super::decide::cover_of;
use super::error::{NotDue, Refusal};
use super::event::{ClaimLapsed, RequestEvent, RungRaised};
use super::state::{Request, RequestState};
use crate::domain::ids::{Authority, ClockName, RequestId};
use crate::domain::time::calendar::{Calendar, CalendarError, Calendars};
use crate::domain::time::clock::Clocks;
use crate::domain::time::ladder::{Due, Next, Step};
use crate::domain::workflow::definition::{Definition, Ladder, Offset, Rung};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::sync::Arc;
use uuid::Uuid;

/// Names one occurrence of one rung of one run of a clock, or of one action of the child's plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RungId {
    pub clock: ClockName,
    /// From 1; of an action its number.
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

/// The last rung that was raised of each run of a clock; of leases, whose runs are many and follow
/// one another, that of the newest alone.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Raised(Vec<RungId>);

impl Raised {
    #[must_use]
    pub fn find_last(&self, clock: &ClockName, spell: u32) -> Option<Step> {
        let mut raised = self.0.iter();
        let last = raised.find(|last| last.clock == *clock && last.spell == spell);
        last.map(|last| last.step)
    }

    pub fn keep(&mut self, rung: &RungId) {
        let same = |last: &&mut RungId| {
            last.clock == rung.clock && (last.spell == rung.spell || rung.clock.is_of_claim())
        };
        match self.0.iter_mut().find(same) {
            Some(last) => last.clone_from(rung),
            None => self.0.push(rung.clone()),
        }
    }
}

/// A rung that may be due: a read table says so, and the log judges.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DueRung {
    pub authority: Authority,
    pub request: RequestId,
    pub rung: RungId,
    pub next_at: Timestamp,
}

/// A bounded range of the rungs that may be due.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Look {
    pub up_to: Timestamp,
    /// Go on behind this one.
    pub after: Place,
    pub limit: i64,
}

/// Where a rung stands in the order in which they are due.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    pub next_at: Timestamp,
    pub authority: String,
    pub request: Uuid,
    pub clock: String,
    pub spell: u32,
}

impl Place {
    /// Before every rung that can be: no request is as old.
    pub const FIRST: Self = Self {
        next_at: Timestamp::UNIX_EPOCH,
        authority: String::new(),
        request: Uuid::nil(),
        clock: String::new(),
        spell: 0,
    };

    #[must_use]
    pub fn of(rung: &DueRung) -> Self {
        Self {
            next_at: rung.next_at,
            authority: rung.authority.to_string(),
            request: rung.request.0,
            clock: rung.rung.clock.to_string(),
            spell: rung.rung.spell,
        }
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
    facts: &Facts,
) -> Result<Vec<RequestEvent>, Refusal> {
    let request = state.find().ok_or(Refusal::NotFound)?;
    let now = facts.occurred_at;
    let id = &asked.rung;
    let not_due = |why| Refusal::RungNotDue {
        found: id.to_string(),
        why,
    };
    let last = request.raised.find_last(&id.clock, id.spell);
    if last.is_some_and(|last| id.step.order(last).is_le()) {
        return Ok(Vec::new());
    }
    let ladder = definition.ladder_of(&id.clock);
    let (ladder, rung) = ladder
        .as_deref()
        .and_then(|ladder| Some((ladder, ladder.find(id.step.rung)?)))
        .ok_or_else(|| not_due(NotDue::NoRung))?;
    let (due, calendar) = due(asked, ladder, last).map_err(not_due)?;
    if !due.is_ready(now) {
        return Err(not_due(NotDue::Early {
            ready_at: due.ready_at,
        }));
    }
    let mut raised = event(request, id, rung, (calendar, due, now));
    raised.cover = cover_of(&request.owner, request.agency.as_ref(), facts);
    let lapses = id.clock.is_of_claim() && id.step.rung == Offset::AtTarget;
    Ok(vec![match request.claimed_by.as_ref().filter(|_| lapses) {
        Some(holder) => RequestEvent::ClaimLapsed(Box::new(ClaimLapsed {
            claimed_by: holder.clone(),
            raised,
        })),
        None => RequestEvent::RungRaised(Box::new(raised)),
    }])
}

/// What comes next on each ladder, as it comes when nothing more happens: of every open clock, of the
/// lease, and of every open action of the child's plan.
///
/// # Errors
/// When a calendar is not in force.
pub fn all_next(
    clocks: &Clocks,
    definition: &Definition,
    raised: &Raised,
    calendars: &Calendars,
) -> Result<Vec<(RungId, Option<Due>)>, CalendarError> {
    let mut found = Vec::new();
    let mut keep = |clock: &ClockName, spell: u32, next: Option<Next>| {
        found.extend(next.map(|Next { step, due }| {
            let clock = clock.clone();
            (RungId { clock, spell, step }, due)
        }));
    };
    for spell in clocks.all() {
        let ladder = definition.ladder_of(&spell.clock);
        if let Some(ladder) = ladder.filter(|_| spell.status.is_open()) {
            let calendar = calendars.load(&spell.calendar)?;
            let last = raised.find_last(&spell.clock, spell.number);
            let next = spell.next_step(&ladder, calendar, last);
            keep(&spell.clock, spell.number, next);
        }
    }
    let action = ClockName::of_action();
    if let Some(ladder) = definition.ladder_of(&action) {
        for day in clocks.actions.open() {
            let calendar = calendars.load(&day.calendar)?;
            let last = raised.find_last(&action, day.number);
            let next = clocks.actions.next_step(day, &ladder, (calendar, last));
            keep(&action, day.number, next);
        }
    }
    Ok(found)
}

/// The earliest of a request's rungs that can be raised by now.
///
/// # Errors
/// When a calendar is not in force.
pub fn find_ready(
    clocks: &Clocks,
    definition: &Definition,
    raised: &Raised,
    (calendars, now): (&Calendars, Timestamp),
) -> Result<Option<RungId>, CalendarError> {
    let all = all_next(clocks, definition, raised, calendars)?.into_iter();
    let ready = all.filter_map(|(rung, due)| {
        let due = due.filter(|due| due.is_ready(now))?;
        Some((due.ready_at, rung))
    });
    Ok(ready.min_by_key(|(at, _)| *at).map(|(_, rung)| rung))
}

/// When the rung that is asked for can be raised, and in whose days.
fn due<'a>(
    asked: &'a Raise,
    ladder: &Ladder,
    last: Option<Step>,
) -> Result<(Due, &'a Calendar), NotDue> {
    let Raise {
        rung: id,
        clocks,
        calendars,
    } = asked;
    let load = |name| calendars.load(name).map_err(|_| NotDue::NoCalendar);
    let (next, calendar) = if id.clock.is_of_action() {
        let mut open = clocks.actions.open();
        let day = open.find(|day| day.number == id.spell);
        let day = day.ok_or(NotDue::Ended)?;
        let calendar = load(&day.calendar)?;
        let next = clocks.actions.next_step(day, ladder, (calendar, last));
        (next, calendar)
    } else {
        let mut spells = clocks.all();
        let spell = spells.find(|spell| spell.clock == id.clock && spell.number == id.spell);
        let spell = spell.filter(|spell| spell.status.is_open());
        let spell = spell.ok_or(NotDue::Ended)?;
        let calendar = load(&spell.calendar)?;
        (spell.next_step(ladder, calendar, last), calendar)
    };
    let next = next.ok_or(NotDue::NoRung)?;
    if next.step != id.step {
        return Err(NotDue::NotNext);
    }
    Ok((next.due.ok_or(NotDue::Paused)?, calendar))
}

fn event(
    request: &Request,
    id: &RungId,
    rung: &Rung,
    (calendar, due, now): (&Calendar, Due, Timestamp),
) -> RungRaised {
    RungRaised {
        rung: id.clone(),
        due_at: due.due_at,
        // In the hours of the calendar that the clock counts by: one by the wall knows no night.
        not_before: Some(calendar.next_open_at(now.max(due.due_at))),
        tell: rung.tell.clone(),
        missed: rung.missed,
        team: request.owner.team.clone(),
        agency: request.later_agency().cloned(),
        cover: None,
    }
}
