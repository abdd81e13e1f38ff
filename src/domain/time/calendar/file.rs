//! A calendar as its file says it.

use crate::domain::ids::CalendarName;
use jiff::civil::{Date, Time};
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize};
use std::collections::BTreeMap;

/// As the file says; layers are resolved by `Calendars::build`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CalendarFile {
    #[schemars(range(min = 1, max = 1))]
    pub format: u32,
    pub calendar: CalendarName,
    /// Raised with each change: a file of a lower one than is in force is not published.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revision: Option<u32>,
    pub title: String,
    /// IANA name, e.g. `Europe/London`. A layer may leave it to its base.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub zone: Option<String>,
    /// Closures (and, unless given here, windows, zone and cut-off) of these calendars apply too.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub layers: Vec<CalendarName>,
    /// Half-open `[open, close)`; a weekday that is not listed is not a working day.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub windows: BTreeMap<WeekdayName, Vec<Window>>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub closures: Vec<Closure>,
    /// From this local time on a receipt counts from the next working day; none = midnight.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<TimeForm>")]
    pub cut_off: Option<Time>,
    /// The last day whose closures this file knows; when absent, the last closure's last day.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub covers_until: Option<Date>,
}

#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum WeekdayName {
    Monday,
    Tuesday,
    Wednesday,
    Thursday,
    Friday,
    Saturday,
    Sunday,
}

impl WeekdayName {
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Self::Monday => "Monday",
            Self::Tuesday => "Tuesday",
            Self::Wednesday => "Wednesday",
            Self::Thursday => "Thursday",
            Self::Friday => "Friday",
            Self::Saturday => "Saturday",
            Self::Sunday => "Sunday",
        }
    }
}

/// A local time in quotes, as `"17:00"` or `"17:00:30"`.
#[derive(JsonSchema)]
struct TimeForm(
    #[schemars(regex(pattern = r"^([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9])?$"))]
    #[expect(dead_code, reason = "only its shape is read, for the JSON Schema")]
    String,
);

/// The same, or `"24:00"`: midnight at the day's end.
#[derive(JsonSchema)]
struct CloseForm(
    #[schemars(regex(pattern = r"^(([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9])?|24:00)$"))]
    #[expect(dead_code, reason = "only its shape is read, for the JSON Schema")]
    String,
);

/// A close of `00:00`, which a file may also write `"24:00"`, is midnight at the day's end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Window {
    #[schemars(with = "TimeForm")]
    pub open: Time,
    #[serde(deserialize_with = "close_of_day")]
    #[schemars(with = "CloseForm")]
    pub close: Time,
}

impl Window {
    /// Open until midnight at the day's end.
    #[must_use]
    pub fn is_until_midnight(self) -> bool {
        self.close == Time::midnight()
    }
}

fn close_of_day<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Time, D::Error> {
    let text = String::deserialize(deserializer)?;
    if text == "24:00" {
        return Ok(Time::midnight());
    }
    text.parse().map_err(serde::de::Error::custom)
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Closure {
    pub from: Date,
    /// Inclusive; one day when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<Date>,
    pub name: String,
    pub source: String,
}

impl Closure {
    #[must_use]
    pub fn last_day(&self) -> Date {
        self.to.unwrap_or(self.from)
    }
}
