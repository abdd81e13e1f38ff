//! Clocks of a definition: what starts and stops them, and what they are held against.

use super::{DayTime, Expression};
use crate::domain::ids::{
    CalendarName, ClockName, EventName, LadderName, ReasonCode, RoleName, StateName,
};
use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClockRule {
    pub title: String,
    #[serde(default, skip_serializing_if = "ClockKind::is_standard")]
    pub kind: ClockKind,
    pub target: Target,
    #[serde(default)]
    pub calendar: CalendarChoice,
    pub start: Vec<Trigger>,
    pub stop: Vec<Trigger>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub cancel: Vec<Trigger>,
    /// Ends the spell as met or missed and begins the next at the same instant.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub restart: Vec<Trigger>,
    /// States in which the clock does not count.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub pause_in: Vec<StateName>,
    /// The longest that one pause in a state may last; then the clock runs again by itself.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub pause_at_most: BTreeMap<StateName, Target>,
    /// The clock that runs for the other side while this one pauses.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waits_on: Option<ClockName>,
    /// Who is told before and after the target.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ladder: Option<LadderName>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub extend: Option<ExtendRule>,
    /// "Starting on the date": day 0 is the first of the target's calendar days.
    #[serde(default, skip_serializing_if = "is_false")]
    pub counts_first_day: bool,
    #[serde(default, skip_serializing_if = "CountDay::is_at_end")]
    pub count_day: CountDay,
    /// A due day of calendar days that is no working day moves to the next one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub roll: Option<Roll>,
    /// Where the starting time is read, if not from the event: `received_at` of the request.
    #[serde(default)]
    pub anchor: Anchor,
    /// A start while the clock has already stopped opens a new spell (looked at again).
    #[serde(default)]
    pub again: bool,
}

/// More time may be given before the target is missed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExtendRule {
    pub by: Vec<RoleName>,
    /// How often for one run of the clock.
    pub at_most: u32,
    /// At one time, in the unit of the target.
    pub longest: Target,
    /// Each with its title.
    pub reasons: IndexMap<ReasonCode, String>,
    /// The law that allows it, where the law sets the target.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub basis: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Anchor {
    /// When the starting event happened.
    #[default]
    Event,
    /// When help was first asked for.
    Received,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Trigger {
    pub event: EventName,
    #[serde(default, skip_serializing_if = "Expression::is_always")]
    pub when: Expression,
    /// Dotted path of the time at which it really happened, where it is written down later.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<String>,
}

/// What a target rests on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ClockKind {
    /// Set by law: never pauses.
    Statutory,
    /// What the service promises.
    #[default]
    Standard,
    /// For the service's own eyes.
    Internal,
}

impl ClockKind {
    fn is_standard(&self) -> bool {
        *self == Self::Standard
    }
}

/// Which days of a day clock count when it pauses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum CountDay {
    /// Those at whose end, 24:00 local, the clock runs.
    #[default]
    AtEnd,
    /// Those in whose opening hours it runs at any moment, calendar days at any hour: pausing every
    /// evening gains nothing.
    Touched,
}

impl CountDay {
    fn is_at_end(&self) -> bool {
        *self == Self::AtEnd
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Roll {
    NextWorkingDay,
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde asks with a reference"
)]
fn is_false(flag: &bool) -> bool {
    !*flag
}

/// Units are never converted into one another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Target {
    /// `5wd`
    WorkingDays(u32),
    /// `16wh`
    WorkingHours(u32),
    /// `15min`, by the wall clock
    Minutes(u32),
    /// `12w` is 84 calendar days
    CalendarDays(u32),
    /// `next-wd@10:00`: a moment and no span. Nothing is added to it or taken off, and it never
    /// pauses.
    NextWorkingDayAt(DayTime),
}

impl Target {
    /// Units are never converted: of another unit nothing is added.
    #[must_use]
    pub fn plus(self, more: Self) -> Self {
        if self.has_unit_of(more) {
            self.with_count(self.count().saturating_add(more.count()))
        } else {
            self
        }
    }

    /// Down to nothing, and by another unit not at all.
    #[must_use]
    pub fn minus(self, less: Self) -> Self {
        if self.has_unit_of(less) {
            self.with_count(self.count().saturating_sub(less.count()))
        } else {
            self
        }
    }

    #[must_use]
    pub fn times(self, n: u32) -> Self {
        self.with_count(self.count().saturating_mul(n))
    }

    /// Of its own unit; a week is seven days.
    #[must_use]
    pub fn count(self) -> u32 {
        match self {
            Self::WorkingDays(n)
            | Self::WorkingHours(n)
            | Self::Minutes(n)
            | Self::CalendarDays(n) => n,
            Self::NextWorkingDayAt(_) => 1,
        }
    }

    fn with_count(self, n: u32) -> Self {
        match self {
            Self::WorkingDays(_) => Self::WorkingDays(n),
            Self::WorkingHours(_) => Self::WorkingHours(n),
            Self::Minutes(_) => Self::Minutes(n),
            Self::CalendarDays(_) => Self::CalendarDays(n),
            Self::NextWorkingDayAt(_) => self,
        }
    }

    #[must_use]
    pub fn has_unit_of(self, other: Self) -> bool {
        std::mem::discriminant(&self) == std::mem::discriminant(&other)
    }
}

/// What may be written where a span of time stands.
pub const TARGETS: &str = "a whole number and its unit: 5wd (working days), 16wh (working hours), \
    15min (by the wall clock), 10d or 12w (calendar days)";

/// What may be written for the target of a clock.
pub const CLOCK_TARGETS: &str = "a whole number and its unit: 5wd (working days), 16wh (working \
    hours), 15min (by the wall clock), 10d or 12w (calendar days); or next-wd@10:00 (a time of the \
    next working day)";

const NEXT_WORKING_DAY: &str = "next-wd@";

/// Days, hours and minutes of one target.
const TARGET_LIMIT: u32 = 9_999;

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("allowed: {TARGETS}")]
pub struct NoTarget;

impl Target {
    /// The target of a clock: a span, or a time of the next working day.
    ///
    /// # Errors
    /// When it is neither.
    pub fn parse_of_clock(text: &str) -> Result<Self, NoTarget> {
        match text.strip_prefix(NEXT_WORKING_DAY) {
            Some(time) => Ok(Self::NextWorkingDayAt(time.parse().map_err(|_| NoTarget)?)),
            None => text.parse(),
        }
    }
}

impl std::str::FromStr for Target {
    type Err = NoTarget;

    /// A span of time.
    fn from_str(text: &str) -> Result<Self, NoTarget> {
        let end = text.find(|c: char| !c.is_ascii_digit()).ok_or(NoTarget)?;
        let (digits, unit) = text.split_at(end);
        let count: u32 = digits.parse().map_err(|_| NoTarget)?;
        if count == 0 || count > TARGET_LIMIT || digits.starts_with('0') {
            return Err(NoTarget);
        }
        match unit {
            "wd" => Ok(Self::WorkingDays(count)),
            "wh" => Ok(Self::WorkingHours(count)),
            "min" => Ok(Self::Minutes(count)),
            "d" => Ok(Self::CalendarDays(count)),
            "w" => Ok(Self::CalendarDays(count * 7)),
            _ => Err(NoTarget),
        }
    }
}

impl std::fmt::Display for Target {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::WorkingDays(n) => write!(f, "{n}wd"),
            Self::WorkingHours(n) => write!(f, "{n}wh"),
            Self::Minutes(n) => write!(f, "{n}min"),
            Self::CalendarDays(n) if n % 7 == 0 => write!(f, "{}w", n / 7),
            Self::CalendarDays(n) => write!(f, "{n}d"),
            Self::NextWorkingDayAt(time) => write!(f, "{NEXT_WORKING_DAY}{time}"),
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CalendarChoice {
    /// Of the team that owns the request when the clock starts.
    #[default]
    OwnerTeam,
    /// Of the requester's agency (a school's, where it is a school).
    Requester,
    Named(CalendarName),
}
