//! Escalation ladders: who is told, and how far from the target.

use super::Target;
use crate::domain::ids::RoleName;
use serde::{Deserialize, Serialize};
use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;

/// The rungs of one ladder, the earliest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Ladder(pub Vec<Rung>);

/// Raised at most once for each run of a clock; its offset is its name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rung {
    pub at: Offset,
    pub tell: Vec<RoleName>,
    /// It records that the target is missed.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub missed: bool,
    /// The last rung may come again, so far apart …
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub every: Option<Target>,
    /// … and so often in all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_most: Option<u32>,
}

impl Rung {
    #[must_use]
    pub fn occurrences(&self) -> u32 {
        self.at_most.filter(|_| self.every.is_some()).unwrap_or(1)
    }

    /// Of its n-th occurrence, from 1.
    #[must_use]
    pub fn offset_of(&self, occurrence: u32) -> Offset {
        let more = self.every.map(|every| every.times(occurrence - 1));
        match (self.at, more) {
            (_, Some(more)) if more.count() == 0 => self.at,
            (Offset::AtTarget, Some(more)) => Offset::After(more),
            (Offset::After(first), Some(more)) => Offset::After(first.plus(more)),
            (Offset::Before(_), _) | (_, None) => self.at,
        }
    }
}

/// How far from the target, in its own unit. Text in files and events: `-3wd`, `0`, `+5wd`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Offset {
    Before(Target),
    AtTarget,
    After(Target),
}

/// What may be written for an offset.
pub const OFFSETS: &str = "0 for the target, or a sign, a whole number and the unit of the clock: \
    -3wd, +5wd, -4wh, +15min, -14d, +2w";

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("allowed: {OFFSETS}")]
pub struct NoOffset;

impl Offset {
    /// `None` at the target itself.
    #[must_use]
    pub fn distance(self) -> Option<Target> {
        match self {
            Self::AtTarget => None,
            Self::Before(distance) | Self::After(distance) => Some(distance),
        }
    }

    fn signed(self) -> i64 {
        match self {
            Self::Before(by) => -i64::from(by.count()),
            Self::AtTarget => 0,
            Self::After(by) => i64::from(by.count()),
        }
    }

    /// Which of two comes first; meant for offsets of one unit.
    #[must_use]
    pub fn order(self, other: Self) -> Ordering {
        self.signed().cmp(&other.signed())
    }
}

impl FromStr for Offset {
    type Err = NoOffset;

    fn from_str(text: &str) -> Result<Self, NoOffset> {
        let distance = |rest: &str| rest.parse().map_err(|_| NoOffset);
        match (text, text.strip_prefix('-'), text.strip_prefix('+')) {
            ("0", _, _) => Ok(Self::AtTarget),
            (_, Some(rest), _) => distance(rest).map(Self::Before),
            (_, _, Some(rest)) => distance(rest).map(Self::After),
            (_, None, None) => Err(NoOffset),
        }
    }
}

impl TryFrom<String> for Offset {
    type Error = NoOffset;

    fn try_from(text: String) -> Result<Self, NoOffset> {
        text.parse()
    }
}

impl From<Offset> for String {
    fn from(offset: Offset) -> Self {
        offset.to_string()
    }
}

impl fmt::Display for Offset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Before(by) => write!(f, "-{by}"),
            Self::AtTarget => f.write_str("0"),
            Self::After(by) => write!(f, "+{by}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_offset_is_read_and_written_as_it_stands_in_the_file() {
        for text in ["-3wd", "0", "+5wd", "-4wh", "+15min", "-2w", "+10d"] {
            let offset: Offset = text.parse().unwrap();
            assert_eq!(offset.to_string(), text);
        }
        for wrong in [
            "", "3wd", "-0wd", "+0", "--3wd", "-3", "- 3wd", "-P1D", "00",
        ] {
            assert_eq!(wrong.parse::<Offset>(), Err(NoOffset), "{wrong}");
        }
    }

    #[test]
    fn a_rung_that_comes_again_moves_by_its_step() {
        let rung = Rung {
            at: "+5wd".parse().unwrap(),
            tell: Vec::new(),
            missed: false,
            every: Some(Target::WorkingDays(3)),
            at_most: Some(3),
        };
        let offsets: Vec<String> = (1..=rung.occurrences())
            .map(|n| rung.offset_of(n).to_string())
            .collect();
        assert_eq!(offsets, ["+5wd", "+8wd", "+11wd"]);
    }
}
