//! Clocks folded from events. Nothing is accumulated: a reading is a function of the spell, the
//! calendar and the moment asked about.

mod fold;
mod lease;
pub(in crate::domain::time) mod reading;

#[cfg(test)]
mod next_day;
#[cfg(test)]
mod properties;
#[cfg(test)]
mod rules;
#[cfg(test)]
mod tests;

pub use lease::{Lease, LeaseTerms};
pub use reading::Steady;

use super::due_day::DueDays;
use crate::domain::ids::{CalendarName, ClockName, StateName, TeamId};
use crate::domain::workflow::definition::{Anchor, ClockRule, CountDay, Roll, Target};
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
    /// The child protection concern that it is about, by number: runs for others go on.
    pub concern: Option<u32>,
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
    /// The child protection concern that it runs for, by number, where an act about one started it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub concern: Option<u32>,
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

impl Clocks {
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

    /// The spell of a clock that says how it stands: of those that run for concerns the oldest that
    /// is still open, else the latest.
    #[must_use]
    pub fn find_standing(&self, clock: &ClockName) -> Option<&Spell> {
        let waits = |spell: &&Spell| {
            spell.clock == *clock && spell.concern.is_some() && spell.status.is_open()
        };
        let oldest = self.spells.iter().find(waits);
        oldest.or_else(|| self.find_newest(clock))
    }

    /// The latest spell of a clock.
    #[must_use]
    pub fn find_newest(&self, clock: &ClockName) -> Option<&Spell> {
        self.spells.iter().rev().find(|s| s.clock == *clock)
    }
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
            concern: fact.concern,
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
