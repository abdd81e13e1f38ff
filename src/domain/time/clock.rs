//! Clocks folded from events. Nothing is accumulated: a reading is a function of the spell, the
//! calendar and the moment asked about.

use super::calendar::Calendar;
use crate::domain::ids::{CalendarName, ClockName, StateName, TeamId};
use crate::domain::workflow::definition::{ClockRule, Target};
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

impl Clocks {
    /// `calendar_of` names the calendar for a rule at the moment its clock starts.
    pub fn evolve(
        &mut self,
        _rules: &IndexMap<ClockName, ClockRule>,
        _fact: ClockFact<'_>,
        _calendar_of: &dyn Fn(&ClockRule, &TeamId) -> CalendarName,
    ) {
        unimplemented!()
    }
}

/// What a clock says at a moment.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Reading {
    pub status: SpellStatus,
    /// Wall time from start to stop or to the moment asked about, pauses included.
    pub elapsed_ms: i64,
    /// Wall time spent in pauses.
    pub paused_ms: i64,
    /// Working days counted (pauses taken off); for every kind of target.
    pub working_days: u32,
    /// Working time in milliseconds (pauses taken off).
    pub working_ms: i64,
    /// The instant after which the target is missed; `None` while paused.
    pub due_at: Option<Timestamp>,
    /// Met or missed so far; `None` while running (or paused) inside the target.
    pub met: Option<bool>,
}

impl Spell {
    #[must_use]
    pub fn reading(&self, _calendar: &Calendar, _as_of: Timestamp) -> Reading {
        unimplemented!()
    }
}
