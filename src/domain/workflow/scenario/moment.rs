//! Times as people write them: `Fri 2026-11-27 16:10`, by the clock on the wall in Scotland. The
//! weekday may be left out; a wrong one is an error.

use super::Due;
use crate::domain::workflow::located::{Node, Reader, Yaml, quoted};
use jiff::Timestamp;
use jiff::civil::{Date, DateTime, Time, Weekday};
use jiff::tz::TimeZone;

const WEEKDAYS: [(&str, Weekday); 7] = [
    ("Mon", Weekday::Monday),
    ("Tue", Weekday::Tuesday),
    ("Wed", Weekday::Wednesday),
    ("Thu", Weekday::Thursday),
    ("Fri", Weekday::Friday),
    ("Sat", Weekday::Saturday),
    ("Sun", Weekday::Sunday),
];
const MOMENT: &str = "a weekday, a date and a time in quotes, as \"Fri 2026-11-27 16:10\"";
const DUE: &str = "a weekday and a date, with or without a time, as \"Fri 2026-11-27\"";

pub(super) fn moment(reader: &mut Reader, node: &Node) -> Option<Timestamp> {
    let text = written(reader, node, MOMENT)?;
    let (date, time) = split(reader, node, &text, MOMENT)?;
    let Some(time) = time else {
        reader.wrong(node, quoted(&text), MOMENT);
        return None;
    };
    instant(date.to_datetime(time))
}

/// A day or an instant.
pub(super) fn due(reader: &mut Reader, node: &Node) -> Option<Due> {
    let text = written(reader, node, DUE)?;
    let (date, time) = split(reader, node, &text, DUE)?;
    match time {
        None => Some(Due::On(date)),
        Some(time) => instant(date.to_datetime(time)).map(Due::At),
    }
}

fn written(reader: &mut Reader, node: &Node, allowed: &str) -> Option<String> {
    match &node.yaml {
        Yaml::Text(text) | Yaml::BareDate(text) => Some(text.clone()),
        Yaml::Null | Yaml::Bool(_) | Yaml::Number(_) | Yaml::List(_) | Yaml::Map(_) => {
            reader.wrong(node, node.describe(), allowed);
            None
        }
    }
}

fn split(
    reader: &mut Reader,
    node: &Node,
    text: &str,
    allowed: &str,
) -> Option<(Date, Option<Time>)> {
    let mut parts: Vec<&str> = text.split(' ').collect();
    let weekday = parts.first().and_then(|first| {
        let known = WEEKDAYS.iter().find(|(name, _)| name == first);
        known.map(|(_, weekday)| *weekday)
    });
    if weekday.is_some() {
        parts.remove(0);
    }
    let date = parts.first().filter(|text| text.len() == 10);
    let date = date.and_then(|text| text.parse::<Date>().ok());
    let time = parts.get(1).map(|text| {
        let fits = text.len() == 5 && parts.len() == 2;
        fits.then(|| Time::strptime("%H:%M", text).ok()).flatten()
    });
    let (Some(date), true) = (date, time != Some(None)) else {
        reader.wrong(node, quoted(text), allowed);
        return None;
    };
    if weekday.is_some_and(|weekday| weekday != date.weekday()) {
        let right = WEEKDAYS.iter().find(|(_, day)| *day == date.weekday());
        let right = right.map_or("", |(name, _)| *name);
        reader.wrong(node, quoted(text), format!("{date} is a {right}"));
        return None;
    }
    Some((date, time.flatten()))
}

/// What the clock on the wall shows.
pub(super) fn wall(at: Timestamp) -> DateTime {
    at.to_zoned(zone()).datetime()
}

/// In the hour that comes twice the first is meant, in the hour that does not exist the later.
pub(super) fn instant(at: DateTime) -> Option<Timestamp> {
    let zone = zone();
    zone.to_ambiguous_timestamp(at).compatible().ok()
}

fn zone() -> TimeZone {
    TimeZone::get("Europe/London").unwrap_or(TimeZone::UTC)
}

/// `Fri 2026-11-27 16:10`
pub(super) fn told(at: Timestamp) -> String {
    at.to_zoned(zone())
        .strftime("%a %Y-%m-%d %H:%M")
        .to_string()
}

/// `Fri 2026-11-27`
pub(super) fn told_date(date: Date) -> String {
    date.strftime("%a %Y-%m-%d").to_string()
}
