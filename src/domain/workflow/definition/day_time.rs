//! A time of the day on a working day: `10:00`.

use jiff::civil::Time;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// By the clock on the wall of the calendar's zone, to the minute.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct DayTime {
    hour: i8,
    minute: i8,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("allowed: two digits for the hour and two for the minute, 00:00 to 23:59")]
pub struct NoDayTime;

impl DayTime {
    #[must_use]
    pub fn time(self) -> Time {
        Time::constant(self.hour, self.minute, 0, 0)
    }
}

impl FromStr for DayTime {
    type Err = NoDayTime;

    fn from_str(text: &str) -> Result<Self, NoDayTime> {
        let two = |text: &str, limit: i8| {
            let digits = text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_digit());
            let number: Option<i8> = text.parse().ok().filter(|_| digits);
            number.filter(|number| *number < limit).ok_or(NoDayTime)
        };
        let (hour, minute) = text.split_once(':').ok_or(NoDayTime)?;
        Ok(Self {
            hour: two(hour, 24)?,
            minute: two(minute, 60)?,
        })
    }
}

impl TryFrom<String> for DayTime {
    type Error = NoDayTime;

    fn try_from(text: String) -> Result<Self, NoDayTime> {
        text.parse()
    }
}

impl From<DayTime> for String {
    fn from(time: DayTime) -> Self {
        time.to_string()
    }
}

impl fmt::Display for DayTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02}:{:02}", self.hour, self.minute)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_of_day_is_read_and_written_as_it_stands_in_the_file() {
        for text in ["00:00", "09:05", "10:00", "23:59"] {
            let time: DayTime = text.parse().unwrap();
            assert_eq!(time.to_string(), text);
        }
        for wrong in [
            "", "10", "24:00", "10:60", "9:05", "10:0", "10:00:00", "+1:00", " 10:00",
        ] {
            assert_eq!(wrong.parse::<DayTime>(), Err(NoDayTime), "{wrong}");
        }
    }
}
