//! W25: a due date beyond the known closures is a guess.

use super::{Placed, Rule};
use crate::domain::time::calendar::CalendarFile;
use crate::domain::workflow::located::{Node, Reader};
use jiff::ToSpan;
use jiff::civil::Date;

/// Longer than the longest target, with time left to publish the next years.
const MONTHS_AHEAD: i32 = 18;

pub(super) fn check(calendar: &Placed<CalendarFile>, today: Date, reader: &mut Reader) {
    let last = calendar
        .declares
        .closures
        .iter()
        .map(|c| c.last_day())
        .max();
    let Some(until) = calendar.declares.covers_until.or(last) else {
        // Nothing closes it, so nothing is missing.
        return;
    };
    let Ok(wanted) = today.checked_add(MONTHS_AHEAD.months()) else {
        return;
    };
    if until < wanted {
        let places = ["covers_until", "closures", "calendar"];
        let root = &calendar.root;
        let at: &Node = places.iter().find_map(|key| root.find(key)).unwrap_or(root);
        let found = format!("closures that are known until {until} only");
        let allowed = format!("until {wanted} at least, {MONTHS_AHEAD} months from {today}");
        reader.against(Rule::W25, at, [&found, &allowed]);
    }
}
