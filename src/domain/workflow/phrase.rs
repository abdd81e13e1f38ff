//! Small pieces of plain English about definitions: lists, counts, targets, conditions.

mod condition;

pub use condition::{Titles, condition};

use super::definition::Target;
use serde_json::Value;

/// `a`, `a or b`, `a, b or c`
#[must_use]
pub fn any_of(items: &[String]) -> String {
    listed(items, "or")
}

/// `a`, `a and b`, `a, b and c`
#[must_use]
pub fn all_of(items: &[String]) -> String {
    listed(items, "and")
}

fn listed(items: &[String], last: &str) -> String {
    match items {
        [] => String::new(),
        [one] => one.clone(),
        [before @ .., end] => format!("{} {last} {end}", before.join(", ")),
    }
}

/// `1 clock`, `2 clocks`
#[must_use]
pub fn counted(count: usize, noun: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {noun}{plural}")
}

/// `5 working days`, `1 working hour`, `15 minutes`, `12 weeks`, `10 calendar days`, `10:00 on the
/// next working day`
#[must_use]
pub fn target(target: Target) -> String {
    let (count, noun) = match target {
        Target::WorkingDays(count) => (count, "working day"),
        Target::WorkingHours(count) => (count, "working hour"),
        Target::Minutes(count) => (count, "minute"),
        Target::CalendarDays(count) if count % 7 == 0 => (count / 7, "week"),
        Target::CalendarDays(count) => (count, "calendar day"),
        Target::NextWorkingDayAt(time) => return format!("{time} on the next working day"),
    };
    counted(count as usize, noun)
}

/// A code as words: `not-child-protection` is `not child protection`.
#[must_use]
pub fn words(code: &str) -> String {
    code.replace(['-', '_'], " ")
}

/// A word of the file inside a sentence: `Named worker` is `named worker`; `GARF` stays.
#[must_use]
pub fn lower(title: &str) -> String {
    let mut letters = title.chars();
    let (first, second) = (letters.next(), letters.next());
    match first {
        Some(first) if !second.is_some_and(char::is_uppercase) => {
            let rest = &title[first.len_utf8()..];
            first.to_lowercase().chain(rest.chars()).collect()
        }
        Some(_) | None => title.to_owned(),
    }
}

#[must_use]
pub fn upper(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| {
        first.to_uppercase().chain(letters).collect()
    })
}

/// The title that a schema gives to the value at a dotted path, or the path's last word.
#[must_use]
pub fn title_at(schema: &Value, path: &str) -> String {
    let mut at = schema;
    for part in path.split('.') {
        at = &at["properties"][part];
    }
    let last = path.rsplit('.').next().unwrap_or(path);
    at["title"]
        .as_str()
        .map_or_else(|| words(last), str::to_owned)
}
