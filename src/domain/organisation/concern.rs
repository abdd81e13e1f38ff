//! What to ring about a child protection concern, now.

use super::Organisation;
use super::file::{ConcernNumber, RungWhen};
use crate::domain::time::calendar::Calendars;
use jiff::Timestamp;

impl Organisation {
    /// In the order of the file. Where the hours of a number cannot be told it is given all the
    /// same: a number too many is better than none.
    pub fn numbers_at<'a>(
        &'a self,
        calendars: &'a Calendars,
        at: Timestamp,
    ) -> impl Iterator<Item = &'a ConcernNumber> {
        let numbers = self.file().map_or(&[][..], |file| &file.concern_numbers);
        numbers.iter().filter(move |number| {
            let hours = number.hours.as_ref();
            let hours = hours.and_then(|name| calendars.load(name).ok());
            match (number.when, hours) {
                (RungWhen::Always, _) | (_, None) => true,
                (RungWhen::Open, Some(hours)) => hours.is_open_at(at),
                (RungWhen::Closed, Some(hours)) => !hours.is_open_at(at),
            }
        })
    }
}
