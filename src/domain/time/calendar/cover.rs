//! A calendar that others lend days to while its own people are away.

use super::{Calendar, CalendarError, Calendars};
use crate::domain::ids::CalendarName;
use jiff::civil::Date;

/// A calendar to be made.
#[derive(Debug, Clone)]
pub struct Covered {
    pub name: CalendarName,
    pub base: CalendarName,
    pub days: Vec<CoverDays>,
}

/// From `from` to `to`, both inclusive, the working days of a calendar count too.
#[derive(Debug, Clone)]
pub struct CoverDays {
    pub from: Date,
    pub to: Date,
    pub calendar: CalendarName,
}

impl Calendars {
    /// The working days of the base, and of each cover while it holds, at the base's hours. A
    /// weekday on which the base never works stays one.
    ///
    /// # Errors
    /// When the base or a cover's calendar is not there.
    pub fn add_covered(&mut self, covered: &Covered) -> Result<(), CalendarError> {
        let mut made: Calendar = self.load(&covered.base)?.clone();
        for days in &covered.days {
            let cover = self.load(&days.calendar)?;
            made.closed.retain(|date, _| {
                !(days.from..=days.to).contains(date) || !cover.is_working_day(*date)
            });
        }
        made.name = covered.name.clone();
        made.title = format!("{}, with cover", made.title);
        self.by_name.insert(made.name.clone(), made);
        Ok(())
    }
}
