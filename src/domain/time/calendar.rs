//! A calendar: a zone, opening windows per weekday, and closures that each have a name and a source.

use crate::domain::ids::CalendarName;
use jiff::Timestamp;
use jiff::civil::{Date, Time, Weekday};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// As the file says; layers are resolved by `Calendars::build`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CalendarFile {
    pub format: u32,
    pub calendar: CalendarName,
    pub title: String,
    /// IANA name, e.g. `Europe/London`. A layer may leave it to its base.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub zone: Option<String>,
    /// Closures (and, unless given here, windows and zone) of these calendars apply too.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub layers: Vec<CalendarName>,
    /// Half-open `[open, close)`; a weekday that is not listed is not a working day.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub windows: BTreeMap<WeekdayName, Vec<Window>>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub closures: Vec<Closure>,
    /// After this local time a receipt counts from the next working day; none = midnight.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cut_off: Option<Time>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum WeekdayName {
    Monday,
    Tuesday,
    Wednesday,
    Thursday,
    Friday,
    Saturday,
    Sunday,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Window {
    pub open: Time,
    pub close: Time,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Closure {
    pub from: Date,
    /// Inclusive; one day when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<Date>,
    pub name: String,
    pub source: String,
}

/// Why a calendar cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CalendarError {
    #[error("there is no calendar `{0}`")]
    Unknown(CalendarName),
    #[error("calendar `{name}`: {why}")]
    Wrong { name: CalendarName, why: String },
}

/// All calendars in force, layers resolved.
#[derive(Debug, Clone, Default)]
pub struct Calendars {}

impl Calendars {
    pub fn build(_files: impl IntoIterator<Item = CalendarFile>) -> Result<Self, CalendarError> {
        unimplemented!()
    }

    pub fn load(&self, _name: &CalendarName) -> Result<&Calendar, CalendarError> {
        unimplemented!()
    }
}

/// One calendar, resolved.
#[derive(Debug, Clone)]
pub struct Calendar {}

impl Calendar {
    #[must_use]
    pub fn local_date(&self, _at: Timestamp) -> Date {
        unimplemented!()
    }

    #[must_use]
    pub fn is_working_day(&self, _date: Date) -> bool {
        unimplemented!()
    }

    /// Why nobody works on that day; `None` on a working day.
    #[must_use]
    pub fn find_closure(&self, _date: Date) -> Option<&str> {
        unimplemented!()
    }

    /// Day 0 of a day clock: the local date, or the next working day when it is none or past the cut-off.
    #[must_use]
    pub fn day_zero(&self, _at: Timestamp) -> Date {
        unimplemented!()
    }

    /// Open windows between two instants.
    #[must_use]
    pub fn working_ms_between(&self, _from: Timestamp, _to: Timestamp) -> i64 {
        unimplemented!()
    }

    #[must_use]
    pub fn weekday_name(_day: Weekday) -> WeekdayName {
        unimplemented!()
    }
}
