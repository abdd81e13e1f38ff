//! The shipped calendars against the crate `workclock`, which shares nothing with them but the zones.
//! It knows no day clocks and no pauses, and ends an hour that comes twice at its first end: so it
//! is asked about working time in office hours alone.

use super::properties::instant;
use super::shipped::{built, file};
use super::{Calendar, CalendarFile};
use jiff::civil::{Date, Weekday};
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;
use std::sync::LazyLock;
use workclock::{Holidays, Schedule, Weekdays, WorkDay};

const SHIPPED: [&str; 3] = [
    "scotland-bank-holidays",
    "south-ayrshire-council",
    "south-ayrshire-schools",
];

static BOTH: LazyLock<Vec<(Calendar, Schedule)>> = LazyLock::new(|| {
    let pairs = SHIPPED.iter().map(|name| {
        let ours = built(name);
        let theirs = schedule(&file(name), &ours);
        (ours, theirs)
    });
    pairs.collect()
});

/// Their schedule from the windows and the closed days of ours; layers are resolved already.
fn schedule(file: &CalendarFile, ours: &Calendar) -> Schedule {
    let mut schedule = Schedule::builder().time_zone("Europe/London");
    let mut day = Date::constant(2025, 12, 1);
    let mut closed = Vec::new();
    while day < Date::constant(2029, 1, 1) {
        if ours.find_closed_day(day).is_some() {
            closed.push(day);
        }
        day = day.tomorrow().unwrap();
    }
    assert!(closed.len() > 10, "{}: {closed:?}", file.calendar);
    let week = Weekday::Monday.cycle_forward().take(7);
    for (weekday, window) in week.flat_map(|weekday| {
        let windows =
            ours.windows[usize::try_from(weekday.to_monday_zero_offset()).unwrap()].iter();
        windows.map(move |window| (weekday, *window))
    }) {
        let days: Weekdays = [weekday].into_iter().collect();
        schedule = schedule.rule(WorkDay::new(window.open, window.close, days));
    }
    schedule.rule(Holidays::new(closed)).build().unwrap()
}

fn length(ms: i64) -> SignedDuration {
    SignedDuration::from_millis(ms)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(10_000))]

    #[test]
    fn working_time_is_what_another_library_counts(
        i in 0..SHIPPED.len(), from in instant(), hours in 0i64..2_000
    ) {
        let (ours, theirs) = &BOTH[i];
        let to: Timestamp = from + SignedDuration::from_hours(hours);
        prop_assert_eq!(length(ours.working_ms_between(from, to)), theirs.between(from, to));
    }

    #[test]
    fn working_time_leads_where_another_library_arrives(
        i in 0..SHIPPED.len(), from in instant(), minutes in 1i64..6_000
    ) {
        let (ours, theirs) = &BOTH[i];
        let arrives = theirs.add(from, SignedDuration::from_mins(minutes)).unwrap();
        prop_assert_eq!(ours.add_working_ms(from, minutes * 60_000), arrives);
    }
}
