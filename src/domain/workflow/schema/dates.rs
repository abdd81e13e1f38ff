//! How late and how early the times in the data of a move may lie: a date is judged by the day of
//! the service, a time by its instant.

use super::DataError;
use super::fault::Fault;
use super::shape::Views;
use jiff::civil::Date;
use jiff::{Span, Timestamp};
use serde_json::{Map, Value};

/// `true`: what is written down has happened.
pub(super) const NOT_FUTURE: &str = "x-not-future";
/// How many days before the act it may lie, at most.
pub(super) const DAYS_BACK: &str = "x-days-back-at-most";
const DAYS_BACK_LIMIT: i64 = 36_525;
const DAY_SECONDS: i64 = 86_400;
/// Clocks of other systems are not set to the second.
const SKEW_SECONDS: i64 = 300;

/// When an act is done.
#[derive(Debug, Clone, Copy)]
pub struct Moment {
    pub now: Timestamp,
    /// The local date of the service then.
    pub today: Date,
}

/// What one value breaks of the marks that its schema has.
pub(super) fn check(
    views: &Views<'_>,
    pointer: &str,
    value: &Value,
    moment: Moment,
) -> Vec<DataError> {
    let mut errors = Vec::new();
    let Some(text) = value.as_str() else {
        return errors;
    };
    let late = views
        .keyword(NOT_FUTURE)
        .and_then(|_| moment.limit_after(text));
    errors.extend(late.map(|limit| DataError::at(pointer, "a date in the future", limit)));
    let days = views.keyword(DAYS_BACK).and_then(Value::as_i64);
    let early = days.and_then(|days| moment.limit_before(text, days));
    errors.extend(early.map(|limit| DataError::at(pointer, "a date too long ago", limit)));
    errors
}

impl Moment {
    /// What is allowed, where a date or a time lies after it.
    fn limit_after(self, text: &str) -> Option<String> {
        match (text.parse::<Timestamp>(), text.parse::<Date>()) {
            (Ok(at), _) => (at.as_second() > self.now.as_second() + SKEW_SECONDS)
                .then(|| format!("not after {}", self.now)),
            (Err(_), Ok(day)) => (day > self.today).then(|| format!("not after {}", self.today)),
            (Err(_), Err(_)) => None,
        }
    }

    /// What is allowed, where a date or a time lies more than so many days before it.
    fn limit_before(self, text: &str, days: i64) -> Option<String> {
        let first = self.today.saturating_sub(Span::new().days(days));
        let is_early = match (text.parse::<Timestamp>(), text.parse::<Date>()) {
            (Ok(at), _) => at.as_second() < self.now.as_second() - (days + 1) * DAY_SECONDS,
            (Err(_), Ok(day)) => day < first,
            (Err(_), Err(_)) => false,
        };
        is_early.then(|| format!("not before {first}"))
    }
}

/// Marks that stand on what is no date, or hold another value than they can.
pub(super) fn outside(object: &Map<String, Value>, pointer: &str) -> Vec<Fault> {
    let fault = |key: &str, found: String, allowed: String| Fault {
        pointer: format!("{pointer}/{key}"),
        found,
        allowed,
    };
    let mut faults = Vec::new();
    let format = object.get("format").and_then(Value::as_str);
    let dated = matches!(format, Some("date" | "date-time"));
    for key in [NOT_FUTURE, DAYS_BACK] {
        if object.contains_key(key) && !dated {
            let allowed = "beside `format: date` or `date-time`".to_owned();
            faults.push(fault(key, format!("`{key}` on no date"), allowed));
        }
    }
    let days = object.get(DAYS_BACK);
    let is_number = |value: &Value| {
        value
            .as_i64()
            .is_some_and(|n| (1..=DAYS_BACK_LIMIT).contains(&n))
    };
    if days.is_some_and(|value| !is_number(value)) {
        let allowed = format!("a whole number of days, 1 to {DAYS_BACK_LIMIT}");
        faults.push(fault(
            DAYS_BACK,
            format!("`{DAYS_BACK}` with another value"),
            allowed,
        ));
    }
    faults
}
