//! The calendars under `workflows/calendars/`, as every unit test of this folder uses them.

use super::{Calendar, CalendarFile, Calendars};
use crate::domain::ids::CalendarName;
use jiff::civil::date;

pub(in crate::domain::time) fn file(name: &str) -> CalendarFile {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/workflows/calendars");
    let text = std::fs::read_to_string(format!("{folder}/{name}.yaml")).unwrap();
    serde_saphyr::from_str(&text).unwrap()
}

const ALL: [&str; 6] = [
    "all-hours",
    "amsterdam-weekdays",
    "scotland-bank-holidays",
    "scotland-nhs-community",
    "south-ayrshire-council",
    "south-ayrshire-schools",
];

pub(in crate::domain::time) fn name(text: &str) -> CalendarName {
    CalendarName::parse(text).unwrap()
}

/// With its layers.
pub(super) fn built(text: &str) -> Calendar {
    shipped().load(&name(text)).unwrap().clone()
}

fn shipped() -> Calendars {
    Calendars::build(ALL.map(file)).unwrap()
}

#[test]
fn every_shipped_calendar_is_built_and_bears_its_file_name() {
    let calendars = shipped();
    for stem in ALL {
        assert_eq!(file(stem).calendar.as_str(), stem);
        assert_eq!(calendars.load(&name(stem)).unwrap().name().as_str(), stem);
    }
    assert_eq!(calendars.iter().count(), ALL.len());
}

#[test]
fn bank_holidays_of_scotland_follow_their_rules() {
    let calendars = shipped();
    let calendar = calendars.load(&name("scotland-bank-holidays")).unwrap();
    for year in 2024..=2028 {
        let days = (1..=12)
            .flat_map(|month| {
                date(year, month, 1)
                    .first_of_month()
                    .series(jiff::Span::new().days(1))
                    .take_while(move |d| d.month() == month)
            })
            .filter(|day| calendar.find_closed_day(*day).is_some())
            .collect::<Vec<_>>();
        let one_off = usize::from(year == 2026);
        assert_eq!(days.len(), 9 + one_off, "{year}: {days:?}");
        for day in days {
            assert!(day.weekday().to_monday_one_offset() <= 5, "{day}");
        }
    }
    for (day, title) in [
        (date(2026, 4, 3), "Good Friday"),
        (date(2026, 6, 15), "Scotland in the World Cup"),
        (date(2026, 8, 3), "Summer bank holiday"),
        (date(2026, 11, 30), "St Andrew’s Day"),
        (date(2026, 12, 28), "Boxing Day (substitute day)"),
        (date(2027, 1, 4), "2nd January (substitute day)"),
        (date(2028, 1, 4), "2nd January (substitute day)"),
    ] {
        assert_eq!(calendar.find_closure(day), Some(title));
    }
    assert_eq!(
        calendar.find_closure(date(2026, 4, 6)),
        None,
        "Easter Monday"
    );
    assert_eq!(calendar.covers_until(), Some(date(2028, 12, 31)));
}

#[test]
fn the_council_keeps_its_own_holidays_not_the_banks() {
    let calendars = shipped();
    let council = calendars.load(&name("south-ayrshire-council")).unwrap();
    assert_eq!(
        council.find_closure(date(2026, 4, 6)),
        Some("Easter Monday")
    );
    assert_eq!(
        council.find_closure(date(2026, 9, 18)),
        Some("Ayr Gold Cup Friday")
    );
    assert!(council.is_working_day(date(2026, 8, 3)));
    assert!(council.is_working_day(date(2026, 11, 30)));
    assert_eq!(council.find_closure(date(2026, 11, 28)), Some("Saturday"));
}

#[test]
fn schools_close_with_the_council_and_in_their_own_holidays() {
    let calendars = shipped();
    let schools = calendars.load(&name("south-ayrshire-schools")).unwrap();
    for (day, title) in [
        (date(2026, 9, 21), "Ayr Gold Cup Monday"),
        (date(2026, 5, 4), "May Day"),
        (date(2026, 7, 20), "Summer holiday"),
        (date(2026, 10, 14), "October week"),
        (date(2026, 12, 31), "Christmas holiday"),
        (date(2027, 2, 15), "February mid-term"),
        (date(2027, 4, 9), "Easter holiday"),
    ] {
        assert_eq!(schools.find_closure(day), Some(title));
    }
    assert!(schools.is_working_day(date(2026, 8, 17)), "in-service");
    assert_eq!(schools.covers_until(), Some(date(2028, 8, 15)));
}

#[test]
fn a_calendar_without_closures_has_no_end() {
    let calendars = shipped();
    let all = calendars.load(&name("all-hours")).unwrap();
    assert_eq!(all.covers_until(), None);
    assert!(all.is_working_day(date(2026, 12, 25)));
}

#[test]
fn assumptions_are_marked_as_such() {
    for stem in ["south-ayrshire-council", "south-ayrshire-schools"] {
        for closure in file(stem).closures {
            let published = closure.from.year() == 2024 && closure.source.contains("gov.uk");
            assert!(published || closure.source.starts_with("Assumption to confirm: "));
        }
    }
}
