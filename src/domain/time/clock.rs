//! Clocks folded from events. Nothing is accumulated: a reading is a function of the spell, the
//! calendar and the moment asked about.

mod lease;
pub(in crate::domain::time) mod reading;

#[cfg(test)]
mod properties;
#[cfg(test)]
mod rules;
#[cfg(test)]
mod tests;

pub use lease::{Lease, LeaseTerms};
pub use reading::Steady;

use super::due_day::DueDays;
use crate::domain::ids::{CalendarName, ClockName, EventName, StateName, TeamId};
use crate::domain::workflow::definition::{Anchor, ClockRule, CountDay, Roll, Target, Trigger};
use crate::domain::workflow::expression::{Scope, find};
use indexmap::IndexMap;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// What a clock can see of an act.
#[derive(Debug, Clone, Copy)]
pub struct ClockFact<'a> {
    pub event: &'a str,
    pub occurred_at: Timestamp,
    pub to: &'a StateName,
    pub coded: &'a Map<String, Value>,
    /// Owner after the act.
    pub team: &'a TeamId,
    /// When help was first asked for.
    pub received_at: Timestamp,
    /// What still waits for an answer of its own: the clocks that these started run on.
    pub unanswered: &'a [&'a EventName],
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SpellStatus {
    Running,
    Paused,
    Stopped,
    Cancelled,
}

impl SpellStatus {
    #[must_use]
    pub fn is_open(self) -> bool {
        match self {
            Self::Running | Self::Paused => true,
            Self::Stopped | Self::Cancelled => false,
        }
    }
}

/// Half-open `[from, to)`: at `to` the clock runs again, or has ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pause {
    pub from: Timestamp,
    pub to: Option<Timestamp>,
    pub state: StateName,
    /// Then the clock runs again by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_most: Option<Target>,
}

/// One run of one clock; reopening starts the next.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Spell {
    pub clock: ClockName,
    /// 1, 2, …
    pub number: u32,
    pub started_at: Timestamp,
    pub calendar: CalendarName,
    pub target: Target,
    pub status: SpellStatus,
    /// When it stopped or was cancelled.
    pub ended_at: Option<Timestamp>,
    pub pauses: Vec<Pause>,
    #[serde(default)]
    pub counting: Counting,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub extensions: Vec<Extension>,
    /// When the act that started it was done, where that was later than its start.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub known_at: Option<Timestamp>,
}

/// How the definition counts; fixed when the spell starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Counting {
    pub counts_first_day: bool,
    pub count_day: CountDay,
    pub roll: Option<Roll>,
}

/// More time, given before the target was missed; of the target's own unit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Extension {
    pub at: Timestamp,
    pub by: Target,
    /// A code of the definition.
    pub reason: String,
}

/// The spells of one request, oldest first.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Clocks {
    pub spells: Vec<Spell>,
    #[serde(default, skip_serializing_if = "Lease::is_unused")]
    pub lease: Lease,
    /// Of the child's plan.
    #[serde(default, skip_serializing_if = "DueDays::is_unused")]
    pub actions: DueDays,
}

/// What a clock says at a moment.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Reading {
    /// At the moment asked about.
    pub status: SpellStatus,
    /// Wall time from start to stop or to the moment asked about, pauses included.
    pub elapsed_ms: i64,
    /// Wall time spent in pauses.
    pub paused_ms: i64,
    /// Working days after day 0, pauses taken off; for every kind of target. While the clock is
    /// open: those that are over. When it has ended: the day that it ended in counts too, so that a
    /// target of n working days is met exactly when this is at most n.
    pub working_days: u32,
    /// Working time in milliseconds (pauses taken off).
    pub working_ms: i64,
    /// The instant after which the target is missed; `None` while paused inside the target.
    pub due_at: Option<Timestamp>,
    /// It started when nobody worked, or after the cut-off of the day: it counts from the next day.
    pub received_out_of_hours: bool,
    /// Met or missed so far; `None` while inside the target, and when cancelled inside it.
    pub met: Option<bool>,
    /// More time was given by then.
    pub extended: bool,
    /// As `met`, by the target without any extension.
    pub met_unextended: Option<bool>,
}

/// What a clock says at a moment without its working time, for which every day has to be looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Verdict {
    pub status: SpellStatus,
    pub elapsed_ms: i64,
    pub paused_ms: i64,
    pub due_at: Option<Timestamp>,
    pub met: Option<bool>,
    pub extended: bool,
    pub met_unextended: Option<bool>,
}

/// What one event does to one clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Effect {
    End(SpellStatus, Timestamp),
    Pause,
    Resume,
    Restart(Timestamp),
    Start,
    StartAndStop(Timestamp),
    Nothing,
}

impl Clocks {
    /// `calendar_of` names the calendar for a rule at the moment its clock starts.
    pub fn evolve(
        &mut self,
        rules: &IndexMap<ClockName, ClockRule>,
        fact: ClockFact<'_>,
        calendar_of: &dyn Fn(&ClockRule, &TeamId) -> CalendarName,
    ) {
        for (name, rule) in rules {
            let newest = self.spells.iter_mut().rev().find(|s| s.clock == *name);
            match (effect(rule, &fact, newest.as_deref()), newest) {
                (Effect::End(status, at), Some(spell)) => spell.end(status, at),
                (Effect::Pause, Some(spell)) => spell.pause(rule, &fact),
                (Effect::Resume, Some(spell)) => spell.resume(fact.occurred_at),
                (
                    effect @ (Effect::Start | Effect::Restart(_) | Effect::StartAndStop(_)),
                    newest,
                ) => {
                    let number = newest.as_ref().map_or(1, |spell| spell.number + 1);
                    if let (Effect::Restart(at), Some(before)) = (effect, newest) {
                        before.end(SpellStatus::Stopped, at);
                    }
                    let calendar = calendar_of(rule, fact.team);
                    let mut spell = Spell::start(name, rule, &fact, number, calendar);
                    match effect {
                        Effect::StartAndStop(at) => spell.end(SpellStatus::Stopped, at),
                        Effect::Restart(at) => spell.start_at(at, fact.occurred_at),
                        Effect::Start
                        | Effect::End(..)
                        | Effect::Pause
                        | Effect::Resume
                        | Effect::Nothing => {}
                    }
                    self.spells.push(spell);
                }
                (Effect::End(..) | Effect::Pause | Effect::Resume | Effect::Nothing, _) => {}
            }
        }
    }

    /// More time for one run of a clock.
    pub fn extend(&mut self, (clock, number): (&ClockName, u32), given: Extension) {
        let mut spells = self.spells.iter_mut();
        if let Some(spell) = spells.find(|s| s.clock == *clock && s.number == number) {
            spell.extensions.push(given);
        }
    }

    /// Every spell that a ladder can belong to.
    pub fn all(&self) -> impl Iterator<Item = &Spell> {
        self.spells.iter().chain(self.lease.find())
    }

    /// The latest spell of a clock.
    #[must_use]
    pub fn find_newest(&self, clock: &ClockName) -> Option<&Spell> {
        self.spells.iter().rev().find(|s| s.clock == *clock)
    }
}

/// Stop before cancel, cancel before pause, pause before resume, resume before restart, restart before
/// start; one event has one effect.
fn effect(rule: &ClockRule, fact: &ClockFact<'_>, newest: Option<&Spell>) -> Effect {
    let open = newest.filter(|spell| spell.status.is_open());
    let ending = match fired(&rule.stop, fact) {
        Some(trigger) => Some((SpellStatus::Stopped, trigger)),
        None => fired(&rule.cancel, fact).map(|trigger| (SpellStatus::Cancelled, trigger)),
    };
    let may_start = newest.is_none() || (rule.again && open.is_none());
    let starts = || fired(&rule.start, fact).is_some();
    let waits = |start: &Trigger| fact.unanswered.iter().any(|event| **event == start.event);
    let ending = ending.filter(|_| !rule.start.iter().any(waits));
    if let Some((status, trigger)) = ending {
        return match open {
            Some(spell) => Effect::End(status, happened_at(trigger, fact, spell.started_at)),
            // Done at once counts: a decision that is told as it is taken is told in no time.
            None if status == SpellStatus::Stopped && may_start && starts() => {
                Effect::StartAndStop(fact.occurred_at)
            }
            None => Effect::Nothing,
        };
    }
    let pausing = rule.pause_in.contains(fact.to);
    match open {
        Some(spell) if pausing && spell.find_pause() != Some(fact.to) => Effect::Pause,
        Some(spell) if spell.status == SpellStatus::Paused && !pausing => Effect::Resume,
        Some(spell) => match fired(&rule.restart, fact) {
            Some(trigger) if !pausing => {
                Effect::Restart(happened_at(trigger, fact, spell.started_at))
            }
            Some(_) | None => Effect::Nothing,
        },
        None if may_start && starts() => Effect::Start,
        None => Effect::Nothing,
    }
}

fn fired<'r>(triggers: &'r [Trigger], fact: &ClockFact<'_>) -> Option<&'r Trigger> {
    triggers
        .iter()
        .find(|t| t.event.as_str() == fact.event && t.when.holds(Scope::of_data(fact.coded)))
}

/// The time that the data gives, where the definition reads it: not before the spell began and not
/// after it was written down.
fn happened_at(trigger: &Trigger, fact: &ClockFact<'_>, started_at: Timestamp) -> Timestamp {
    trigger
        .at
        .as_deref()
        .and_then(|path| find(fact.coded, path)?.as_str()?.parse().ok())
        .map_or(fact.occurred_at, |at: Timestamp| {
            at.min(fact.occurred_at).max(started_at)
        })
}

impl Spell {
    fn start(
        clock: &ClockName,
        rule: &ClockRule,
        fact: &ClockFact<'_>,
        number: u32,
        calendar: CalendarName,
    ) -> Self {
        let mut spell = Self {
            clock: clock.clone(),
            number,
            started_at: match rule.anchor {
                // Help cannot have been asked for after it was acted on; and a later spell has a
                // time of its own, because what came before was judged by the first.
                Anchor::Received if number == 1 => fact.received_at.min(fact.occurred_at),
                Anchor::Received | Anchor::Event => fact.occurred_at,
            },
            calendar,
            target: rule.target,
            status: SpellStatus::Running,
            ended_at: None,
            pauses: Vec::new(),
            counting: Counting {
                counts_first_day: rule.counts_first_day,
                count_day: rule.count_day,
                roll: rule.roll,
            },
            extensions: Vec::new(),
            known_at: None,
        };
        spell.start_at(spell.started_at, fact.occurred_at);
        if rule.pause_in.contains(fact.to) {
            spell.pause(rule, fact);
        }
        spell
    }

    fn start_at(&mut self, at: Timestamp, known_at: Timestamp) {
        self.started_at = at;
        self.known_at = Some(known_at).filter(|known| *known > at);
    }

    /// The state in which it pauses, whatever the longest pause is.
    fn find_pause(&self) -> Option<&StateName> {
        let open = self.pauses.last().filter(|pause| pause.to.is_none());
        open.map(|pause| &pause.state)
    }

    fn pause(&mut self, rule: &ClockRule, fact: &ClockFact<'_>) {
        self.status = SpellStatus::Paused;
        self.close_pause(fact.occurred_at);
        self.pauses.push(Pause {
            from: fact.occurred_at,
            to: None,
            state: fact.to.clone(),
            at_most: rule.pause_at_most.get(fact.to).copied(),
        });
    }

    fn resume(&mut self, at: Timestamp) {
        self.status = SpellStatus::Running;
        self.close_pause(at);
    }

    fn end(&mut self, status: SpellStatus, at: Timestamp) {
        self.status = status;
        self.ended_at = Some(at);
        self.close_pause(at);
    }

    /// An end that was learned late may lie before the pause: then there was none.
    fn close_pause(&mut self, at: Timestamp) {
        if let Some(pause) = self.pauses.last_mut() {
            pause.to.get_or_insert(at.max(pause.from));
        }
    }
}
