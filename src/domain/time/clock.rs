//! Clocks folded from events. Nothing is accumulated: a reading is a function of the spell, the
//! calendar and the moment asked about.

pub(in crate::domain::time) mod reading;

#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests;

use crate::domain::ids::{CalendarName, ClockName, StateName, TeamId};
use crate::domain::workflow::definition::{Anchor, ClockRule, Target, Trigger};
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
}

/// The spells of one request, oldest first.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Clocks {
    pub spells: Vec<Spell>,
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
    /// Met or missed so far; `None` while inside the target, and when cancelled inside it.
    pub met: Option<bool>,
}

/// What one event does to one clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Effect {
    End(SpellStatus),
    Pause,
    Resume,
    Start,
    StartAndStop,
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
                (Effect::End(status), Some(spell)) => spell.end(status, fact.occurred_at),
                (Effect::Pause, Some(spell)) => spell.pause(&fact),
                (Effect::Resume, Some(spell)) => spell.resume(fact.occurred_at),
                (effect @ (Effect::Start | Effect::StartAndStop), newest) => {
                    let number = newest.map_or(1, |spell| spell.number + 1);
                    let calendar = calendar_of(rule, fact.team);
                    let mut spell = Spell::start(name, rule, &fact, number, calendar);
                    if effect == Effect::StartAndStop {
                        spell.end(SpellStatus::Stopped, fact.occurred_at);
                    }
                    self.spells.push(spell);
                }
                (Effect::End(_) | Effect::Pause | Effect::Resume | Effect::Nothing, _) => {}
            }
        }
    }

    /// The latest spell of a clock.
    #[must_use]
    pub fn find_newest(&self, clock: &ClockName) -> Option<&Spell> {
        self.spells.iter().rev().find(|s| s.clock == *clock)
    }
}

/// Stop before cancel, cancel before pause, pause before resume, resume before start; one event has
/// one effect.
fn effect(rule: &ClockRule, fact: &ClockFact<'_>, newest: Option<&Spell>) -> Effect {
    let open = newest.is_some_and(|spell| spell.status.is_open());
    let ending = if fires(&rule.stop, fact) {
        Some(SpellStatus::Stopped)
    } else if fires(&rule.cancel, fact) {
        Some(SpellStatus::Cancelled)
    } else {
        None
    };
    let may_start = newest.is_none() || (rule.again && !open);
    if let Some(status) = ending {
        return if open {
            Effect::End(status)
        } else if status == SpellStatus::Stopped && may_start && fires(&rule.start, fact) {
            // Done at once counts: a decision that is told as it is taken is told in no time.
            Effect::StartAndStop
        } else {
            Effect::Nothing
        };
    }
    let pausing = rule.pause_in.contains(fact.to);
    match newest.map(|spell| spell.status) {
        Some(SpellStatus::Running) if pausing => Effect::Pause,
        Some(SpellStatus::Paused) if !pausing => Effect::Resume,
        Some(SpellStatus::Running | SpellStatus::Paused) => Effect::Nothing,
        Some(SpellStatus::Stopped | SpellStatus::Cancelled) if !rule.again => Effect::Nothing,
        Some(SpellStatus::Stopped | SpellStatus::Cancelled) | None => {
            if fires(&rule.start, fact) {
                Effect::Start
            } else {
                Effect::Nothing
            }
        }
    }
}

fn fires(triggers: &[Trigger], fact: &ClockFact<'_>) -> bool {
    triggers
        .iter()
        .any(|t| t.event.as_str() == fact.event && t.when.holds(fact.coded))
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
        };
        if rule.pause_in.contains(fact.to) {
            spell.pause(fact);
        }
        spell
    }

    fn pause(&mut self, fact: &ClockFact<'_>) {
        self.status = SpellStatus::Paused;
        self.pauses.push(Pause {
            from: fact.occurred_at,
            to: None,
            state: fact.to.clone(),
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

    fn close_pause(&mut self, at: Timestamp) {
        if let Some(pause) = self.pauses.last_mut() {
            pause.to.get_or_insert(at);
        }
    }
}
