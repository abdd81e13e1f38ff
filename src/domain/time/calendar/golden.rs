//! Golden vectors, computed with another language's time-zone library. Monday to Friday,
//! 09:00–17:00, bank holidays of Scotland in 2026 and 2027.

use super::shipped::{file, name};
use super::{Calendar, CalendarFile, Calendars, Closure};
use jiff::Timestamp;
use jiff::civil::{Date, date};

const HOUR_MS: i64 = 3_600_000;

pub(in crate::domain::time) fn calendar(file: CalendarFile) -> Calendar {
    let name = file.calendar.clone();
    let calendars = Calendars::build([file]).unwrap();
    calendars.load(&name).unwrap().clone()
}

pub(in crate::domain::time) fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

pub(in crate::domain::time) fn scotland() -> CalendarFile {
    file("scotland-bank-holidays")
}

pub(in crate::domain::time) fn closed_on(mut file: CalendarFile, day: Date) -> CalendarFile {
    file.closures.push(Closure {
        from: day,
        to: None,
        name: "Local holiday".to_owned(),
        source: "test".to_owned(),
    });
    file
}

fn all_hours() -> Calendar {
    calendar(file("all-hours"))
}

fn day_n(calendar: &Calendar, received: &str, n: u32) -> Date {
    let zero = calendar.day_zero(at(received));
    calendar.nth_working_day_after(zero, n)
}

#[test]
fn working_hours_skip_nights_weekends_and_good_friday_but_not_easter_monday() {
    let calendar = calendar(scotland());
    for (from, hours, due) in [
        ("2026-03-27T16:30Z", 2, "2026-03-30T10:30+01"),
        ("2026-10-23T16:30+01", 1, "2026-10-26T09:30Z"),
        ("2026-03-28T23:00Z", 1, "2026-03-30T10:00+01"),
        ("2026-04-02T16:30+01", 8, "2026-04-06T16:30+01"),
    ] {
        let found = calendar.add_working_ms(at(from), hours * HOUR_MS);
        assert_eq!(found, at(due), "{from} + {hours} h");
        assert_eq!(
            calendar.working_ms_between(at(from), found),
            hours * HOUR_MS
        );
    }
}

#[test]
fn working_time_over_the_change_to_summer_time_is_not_an_hour_short() {
    let (from, to) = (at("2026-03-27T16:00Z"), at("2026-03-30T10:00+01"));
    assert_eq!(
        calendar(scotland()).working_ms_between(from, to),
        2 * HOUR_MS
    );
}

#[test]
fn noon_to_noon_is_23_hours_in_spring_and_25_in_autumn() {
    let hours = |from, to| all_hours().working_ms_between(at(from), at(to)) / HOUR_MS;
    assert_eq!(hours("2026-03-28T12:00Z", "2026-03-29T12:00+01"), 23);
    assert_eq!(hours("2026-10-24T12:00+01", "2026-10-25T12:00Z"), 25);
}

#[test]
fn working_days_are_counted_after_day_zero() {
    let plain = calendar(scotland());
    for (received, days, due) in [
        ("2026-04-02T10:00+01", 5, date(2026, 4, 10)),
        ("2026-11-26T10:00Z", 3, date(2026, 12, 2)),
        ("2026-12-23T10:00Z", 10, date(2027, 1, 12)),
        ("2026-11-14T10:00Z", 2, date(2026, 11, 18)),
    ] {
        assert_eq!(day_n(&plain, received, days), due, "{received} + {days}");
    }
    let local = calendar(closed_on(scotland(), date(2026, 4, 6)));
    assert_eq!(day_n(&local, "2026-04-02T10:00+01", 5), date(2026, 4, 13));
}

#[test]
fn what_comes_in_after_the_cut_off_counts_from_the_next_working_day() {
    let mut file = scotland();
    file.cut_off = Some("17:00".parse().unwrap());
    let late = "2026-04-02T18:30+01";
    assert_eq!(day_n(&calendar(file.clone()), late, 5), date(2026, 4, 13));
    let local = calendar(closed_on(file.clone(), date(2026, 4, 6)));
    assert_eq!(day_n(&local, late, 5), date(2026, 4, 14));
    let calendar = calendar(file);
    let zero = |text| calendar.day_zero(at(text));
    assert_eq!(zero("2026-04-01T16:59:59+01"), date(2026, 4, 1));
    assert_eq!(zero("2026-04-01T17:00:00+01"), date(2026, 4, 2));
}

#[test]
fn a_day_ends_at_24_00_local_whatever_the_offset_is() {
    let calendar = calendar(scotland());
    assert_eq!(
        calendar.end_of_day(date(2026, 3, 28)),
        at("2026-03-29T00:00Z")
    );
    assert_eq!(
        calendar.end_of_day(date(2026, 3, 29)),
        at("2026-03-29T23:00Z")
    );
    assert_eq!(
        calendar.end_of_day(date(2026, 10, 25)),
        at("2026-10-26T00:00Z")
    );
}

/// Windows of one Sunday in London, in minutes of real time.
fn sunday_minutes(windows: &str, day: &str) -> i64 {
    let text = format!(
        "{{ format: 1, calendar: night, title: N, zone: Europe/London, windows: {{ sunday: {windows} }} }}"
    );
    let night = calendar(serde_saphyr::from_str(&text).unwrap());
    let (from, to) = (format!("{day}T00:00Z"), format!("{day}T12:00Z"));
    let midnight = night.start_of_day(day.parse().unwrap());
    night.working_ms_between(midnight.min(at(&from)), at(&to)) / 60_000
}

#[test]
fn a_window_in_the_skipped_hour_moves_forward() {
    let day = "2026-03-29";
    assert_eq!(
        sunday_minutes("[{ open: '01:15', close: '01:45' }]", day),
        30
    );
    assert_eq!(
        sunday_minutes("[{ open: '00:30', close: '01:30' }]", day),
        60
    );
    assert_eq!(
        sunday_minutes("[{ open: '01:30', close: '03:00' }]", day),
        30
    );
}

#[test]
fn a_window_in_the_repeated_hour_opens_the_first_and_closes_the_last_time() {
    let day = "2026-10-25";
    assert_eq!(
        sunday_minutes("[{ open: '01:15', close: '01:45' }]", day),
        90
    );
    assert_eq!(
        sunday_minutes("[{ open: '00:30', close: '01:30' }]", day),
        120
    );
    let twice = "[{ open: '00:30', close: '01:15' }, { open: '01:15', close: '02:00' }]";
    assert_eq!(sunday_minutes(twice, day), 150, "no minute counts twice");
}

#[test]
fn a_midnight_that_comes_twice_ends_the_day_once() {
    let mut file = file("all-hours");
    file.zone = Some("America/Havana".to_owned());
    let havana = calendar(file);
    // 1 November 2026, 01:00 summer time, becomes 00:00.
    assert_eq!(
        havana.end_of_day(date(2026, 10, 31)),
        at("2026-11-01T04:00Z")
    );
    let (from, to) = (at("2026-10-31T16:00Z"), at("2026-11-01T17:00Z"));
    assert_eq!(havana.working_ms_between(from, to), 25 * HOUR_MS);
    // 8 March 2026 has no 00:00; it begins at 01:00.
    assert_eq!(havana.end_of_day(date(2026, 3, 7)), at("2026-03-08T05:00Z"));
    assert_eq!(havana.local_date(at("2026-03-08T04:59Z")), date(2026, 3, 7));
}

#[test]
fn the_end_of_the_civil_calendar_is_reached_without_a_crash() {
    let calendar = calendar(scotland());
    assert_eq!(calendar.nth_working_day_after(Date::MAX, 3), Date::MAX);
    assert_eq!(calendar.end_of_day(Date::MAX), Timestamp::MAX);
    assert_eq!(calendar.add_working_ms(Timestamp::MAX, 1), Timestamp::MAX);
    assert_eq!(calendar.add_working_ms(Timestamp::MIN, 0), Timestamp::MIN);
    assert!(calendar.day_zero(Timestamp::MIN) > Date::MIN);
}

#[test]
fn an_interval_that_ends_before_it_starts_holds_no_working_time() {
    let calendar = calendar(scotland());
    let (late, early) = (at("2026-06-03T12:00Z"), at("2026-06-02T12:00Z"));
    assert_eq!(calendar.working_ms_between(late, early), 0);
    assert_eq!(
        calendar.working_days_between(date(2026, 6, 3), date(2026, 6, 2)),
        0
    );
    assert_eq!(name("all-hours"), *all_hours().name());
}
