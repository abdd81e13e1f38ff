//! Codes and times as people read them.

use super::viewer::Viewer;
use crate::domain::organisation::OrganisationFile;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

/// The clock on the wall in Scotland.
pub(super) fn zone() -> TimeZone {
    TimeZone::get("Europe/London").unwrap_or(TimeZone::UTC)
}

/// `Friday 4 December, 5:00 pm`; midnight belongs to the day that ends with it.
pub(super) fn moment(at: Timestamp) -> String {
    let local = at.to_zoned(zone());
    if local.time() == jiff::civil::Time::midnight() {
        let before = local.date().yesterday().unwrap_or(local.date());
        return format!("the end of {}", day(before));
    }
    let time = local.strftime("%-I:%M %P").to_string();
    format!("{}, {}", day(local.date()), time)
}

/// `Friday 4 December`
pub(super) fn day(date: Date) -> String {
    date.strftime("%A %-d %B").to_string()
}

/// `4 December 2026`
pub(super) fn date(at: Timestamp) -> String {
    at.to_zoned(zone()).strftime("%-d %B %Y").to_string()
}

/// `when 30 September 2026 began`, `on 1 October 2026, 9:05 am`: a day that is asked about has not
/// brought anything yet.
pub(super) fn known(at: Timestamp) -> String {
    let local = at.to_zoned(zone());
    if local.time() == jiff::civil::Time::midnight() {
        return format!("when {} began", date(at));
    }
    format!("on {}, {}", date(at), local.strftime("%-I:%M %P"))
}

/// For a link: what goes on after `from` with the date as it was asked for.
pub(super) fn known_on(from: char, day: Option<&str>) -> String {
    let Some(day) = day else {
        return String::new();
    };
    let day: String = form_urlencoded::byte_serialize(day.as_bytes()).collect();
    format!("{from}as_known_on={day}")
}

pub(super) fn count(number: i64, one: &str, more: &str) -> String {
    if number == 1 {
        format!("1 {one}")
    } else {
        format!("{number} {more}")
    }
}

/// How long between two moments, in the largest unit that says something.
pub(super) fn span(ms: i64) -> String {
    let minutes = ms.max(0) / 60_000;
    match (minutes, minutes / 60, minutes / 1_440) {
        (0, _, _) => "less than a minute".to_owned(),
        (minutes, 0, _) => count(minutes, "minute", "minutes"),
        (_, hours, 0) => count(hours, "hour", "hours"),
        (_, _, days) => count(days, "day", "days"),
    }
}

/// Of a figure: nobody needs parts of a day.
pub(super) fn days(value: f64) -> String {
    if value < 1.0 {
        "under 1".to_owned()
    } else {
        format!("{value:.0}")
    }
}

/// In a sentence.
pub(super) fn day_count(value: f64) -> String {
    match days(value).as_str() {
        "1" => "1 day".to_owned(),
        "under 1" => "less than a day".to_owned(),
        number => format!("{number} days"),
    }
}

/// `primary-head` becomes `Primary head`.
pub(super) fn plain(code: &str) -> String {
    capital(&code.replace(['-', '_'], " "))
}

/// As a sentence begins.
pub(super) fn capital(text: &str) -> String {
    begun(text, char::to_uppercase)
}

/// A title within a sentence.
pub(super) fn small(text: &str) -> String {
    begun(text, char::to_lowercase)
}

fn begun<L: Iterator<Item = char>>(text: &str, first: fn(char) -> L) -> String {
    let mut letters = text.chars();
    let letter = letters.next().map(first);
    letter.map_or_else(String::new, |letter| letter.chain(letters).collect())
}

/// `5wd` becomes `5 working days`.
pub(super) fn target(text: &str) -> String {
    let unit = text.trim_start_matches(|c: char| c.is_ascii_digit());
    let (one, more) = match unit {
        "wd" => ("working day", "working days"),
        "wh" => ("working hour", "working hours"),
        "min" => ("minute", "minutes"),
        "d" => ("day", "days"),
        "w" => ("week", "weeks"),
        _ => return text.to_owned(),
    };
    let number = text
        .strip_suffix(unit)
        .and_then(|number| number.parse().ok());
    number.map_or_else(|| text.to_owned(), |number| count(number, one, more))
}

impl Viewer {
    fn file(&self) -> Option<&OrganisationFile> {
        self.declared.organisation().file()
    }

    pub(super) fn team(&self, code: &str) -> String {
        let units = self.file().map_or(&[][..], |file| &file.units);
        let found = units.iter().find(|unit| unit.id.as_str() == code);
        found.map_or_else(|| plain(code), |unit| unit.title.clone())
    }

    /// A school or an agency.
    pub(super) fn agency(&self, code: &str) -> String {
        let Some(file) = self.file() else {
            return plain(code);
        };
        let schools = file.schools.iter().map(|one| (one.id.as_str(), &one.title));
        let agencies = file
            .agencies
            .iter()
            .map(|one| (one.id.as_str(), &one.title));
        let found = schools.chain(agencies).find(|(id, _)| *id == code);
        found.map_or_else(|| plain(code), |(_, title)| title.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_keeps_the_date_as_it_was_asked_for() {
        let day = Some("2026-05-01T10:00:00+01:00");
        assert_eq!(
            known_on('&', day),
            "&as_known_on=2026-05-01T10%3A00%3A00%2B01%3A00"
        );
        assert_eq!(known_on('?', None), "");
    }

    #[test]
    fn a_day_that_is_asked_about_has_brought_nothing_yet() {
        let at = |text: &str| known(text.parse().unwrap());
        assert_eq!(at("2026-09-29T23:00:00Z"), "when 30 September 2026 began");
        assert_eq!(at("2026-12-01T09:05:00Z"), "on 1 December 2026, 9:05 am");
    }

    #[test]
    fn times_read_as_people_say_them() {
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        assert_eq!(
            moment(at("2026-12-04T17:00:00Z")),
            "Friday 4 December, 5:00 pm"
        );
        assert_eq!(
            moment(at("2026-12-05T00:00:00Z")),
            "the end of Friday 4 December"
        );
        assert_eq!(moment(at("2026-07-03T08:05:00Z")), "Friday 3 July, 9:05 am");
        assert_eq!(span(59_000), "less than a minute");
        assert_eq!(span(60_000), "1 minute");
        assert_eq!(span(7_200_000), "2 hours");
        assert_eq!(span(86_400_000), "1 day");
        assert_eq!(plain("primary-head"), "Primary head");
        assert_eq!([days(0.002), days(1.4)], ["under 1", "1"]);
        assert_eq!(
            [0.2, 1.2, 7.9].map(day_count),
            ["less than a day", "1 day", "8 days"]
        );
        assert_eq!(
            [target("1wd"), target("12w")],
            ["1 working day", "12 weeks"]
        );
    }
}
