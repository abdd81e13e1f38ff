//! A calendar: a zone, opening windows per weekday, and closures that each have a name and a source.

mod build;
mod cover;
mod file;
mod local;
mod working;

pub(in crate::domain::time) use working::ms;

#[cfg(test)]
pub(super) mod golden;
#[cfg(test)]
mod peer;
#[cfg(test)]
mod properties;
#[cfg(test)]
pub(super) mod shipped;

pub use cover::{CoverDays, Covered};
pub use file::{CalendarFile, Closure, WeekdayName, Window};

use crate::domain::ids::CalendarName;
use jiff::Timestamp;
use jiff::civil::{Date, Time, Weekday};
use local::LocalTime;
use std::collections::BTreeMap;

/// Why a calendar cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CalendarError {
    #[error("there is no calendar `{0}`")]
    Unknown(CalendarName),
    #[error("calendar `{name}`: {why}")]
    Wrong { name: CalendarName, why: String },
}

/// All calendars in force, layers resolved.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Calendars {
    by_name: BTreeMap<CalendarName, Calendar>,
}

impl Calendars {
    /// # Errors
    /// The first calendar that is given twice, names a layer that is missing or a layer of itself,
    /// has no zone or no window even through its layers, or holds a value that cannot be meant.
    pub fn build(files: impl IntoIterator<Item = CalendarFile>) -> Result<Self, CalendarError> {
        build::resolve_all(files).map(|by_name| Self { by_name })
    }

    /// # Errors
    /// When there is no such calendar; it is never replaced by another.
    pub fn load(&self, name: &CalendarName) -> Result<&Calendar, CalendarError> {
        self.by_name
            .get(name)
            .ok_or_else(|| CalendarError::Unknown(name.clone()))
    }

    pub fn iter(&self) -> impl Iterator<Item = &Calendar> {
        self.by_name.values()
    }
}

/// One calendar, resolved. Invariant: at least one weekday has a window; the windows of a day are
/// in order and do not overlap; no two closed days share a key.
#[derive(Debug, Clone, PartialEq)]
pub struct Calendar {
    name: CalendarName,
    title: String,
    local: LocalTime,
    /// From Monday.
    windows: [Vec<Window>; 7],
    closed: BTreeMap<Date, ClosedDay>,
    cut_off: Option<Time>,
    covers_until: Option<Date>,
}

/// Why one date is closed; the outermost calendar that says so wins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClosedDay {
    pub name: String,
    pub source: String,
}

impl Calendar {
    #[must_use]
    pub fn name(&self) -> &CalendarName {
        &self.name
    }

    #[must_use]
    pub fn title(&self) -> &str {
        &self.title
    }

    #[must_use]
    pub fn is_working_day(&self, date: Date) -> bool {
        !self.windows_of(date).is_empty() && !self.closed.contains_key(&date)
    }

    /// Why nobody works on that day: a closure's name or the weekday; `None` on a working day.
    #[must_use]
    pub fn find_closure(&self, date: Date) -> Option<&str> {
        match self.closed.get(&date) {
            Some(day) => Some(&day.name),
            None if self.windows_of(date).is_empty() => {
                Some(Self::weekday_name(date.weekday()).title())
            }
            None => None,
        }
    }

    /// The closure with its source, also on a weekday that is none.
    #[must_use]
    pub fn find_closed_day(&self, date: Date) -> Option<&ClosedDay> {
        self.closed.get(&date)
    }

    /// The last day whose closures are known, over all layers that have closures; `None` where
    /// there is nothing to know (no closures at all). A date beyond it is an assumption, and who
    /// shows one must say so.
    #[must_use]
    pub fn covers_until(&self) -> Option<Date> {
        self.covers_until
    }

    /// The last day whose closures are known, where an instant lies beyond it.
    #[must_use]
    pub fn assumed_after(&self, at: Timestamp) -> Option<Date> {
        self.covers_until
            .filter(|until| self.local_date(at) > until.tomorrow().unwrap_or(*until))
    }

    #[must_use]
    pub fn weekday_name(day: Weekday) -> WeekdayName {
        match day {
            Weekday::Monday => WeekdayName::Monday,
            Weekday::Tuesday => WeekdayName::Tuesday,
            Weekday::Wednesday => WeekdayName::Wednesday,
            Weekday::Thursday => WeekdayName::Thursday,
            Weekday::Friday => WeekdayName::Friday,
            Weekday::Saturday => WeekdayName::Saturday,
            Weekday::Sunday => WeekdayName::Sunday,
        }
    }

    fn windows_of(&self, date: Date) -> &[Window] {
        let day = Self::weekday_name(date.weekday());
        self.windows.get(day as usize).map_or(&[], Vec::as_slice)
    }
}
