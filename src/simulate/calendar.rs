//! When requests are sent: the rhythm of a school year.

use super::choice::{Asker, Chance};
use jiff::civil::{Date, DateTime, Weekday};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};

/// Weight of a week, in hundredths, by its first day.
fn weight_of(date: Date) -> u32 {
    match (date.month(), date.day()) {
        (8, 10..=31) => 60,
        (11, _) => 130,
        (12, 20..=31) | (1, 1..=5) => 20,
        (2 | 3, _) => 130,
        (4, 1..=15) => 25,
        (5, _) | (6, 1..=15) => 140,
        (7, _) | (6, 26..=30) | (8, 1..=9) => 25,
        _ => 100,
    }
}

/// The days that requests are sent on, in order, for a year that ends on `last`.
#[must_use]
pub fn arrivals(last: Date, requests: usize, chance: &mut Chance) -> Vec<Date> {
    let days: Vec<(Date, u32)> = (0..364)
        .filter_map(|back| last.checked_sub(back.days()).ok())
        .filter(|date| !matches!(date.weekday(), Weekday::Saturday | Weekday::Sunday))
        .map(|date| (date, weight_of(date)))
        .collect();
    let mut arrivals: Vec<Date> = (0..requests).map(|_| chance.pick(&days)).collect();
    arrivals.sort();
    arrivals
}

/// A time of that day at which this asker writes.
pub fn time_of_day(date: Date, asker: Asker, chance: &mut Chance) -> Timestamp {
    let hour = match asker {
        Asker::Police => chance.between(0, 23),
        Asker::HealthVisitor | Asker::Midwife | Asker::SocialWorker => chance.between(8, 18),
        Asker::PrimaryHead
        | Asker::Guidance
        | Asker::SchoolNurse
        | Asker::ThirdSector
        | Asker::AdultServices => chance.between(8, 16),
    };
    let minute = chance.between(0, 59);
    local(date, hour, minute)
}

/// Working time of a team: the next weekday morning or afternoon at or after `from`.
pub fn next_office_time(from: Timestamp, chance: &mut Chance) -> Timestamp {
    let zoned = from.to_zoned(zone());
    let mut date = zoned.date();
    let weekend = |d: Date| matches!(d.weekday(), Weekday::Saturday | Weekday::Sunday);
    if !weekend(date) && (9..16).contains(&zoned.hour()) {
        return from;
    }
    if zoned.hour() >= 16 {
        date = date.tomorrow().unwrap_or(date);
    }
    while weekend(date) {
        date = date.tomorrow().unwrap_or(date);
    }
    local(date, chance.between(9, 15), chance.between(0, 59)).max(from)
}

/// Nothing of a year happens after this moment of its last day.
#[must_use]
pub fn end_of_day(date: Date) -> Timestamp {
    local(date, 23, 59)
}

fn local(date: Date, hour: i64, minute: i64) -> Timestamp {
    let at = DateTime::from_parts(
        date,
        jiff::civil::time(
            i8::try_from(hour).unwrap_or(12),
            i8::try_from(minute).unwrap_or(0),
            0,
            0,
        ),
    );
    at.to_zoned(zone())
        .map_or(Timestamp::UNIX_EPOCH, |zoned| zoned.timestamp())
}

fn zone() -> TimeZone {
    TimeZone::get("Europe/London").unwrap_or(TimeZone::UTC)
}
