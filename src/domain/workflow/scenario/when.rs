//! When the steps of a story are: on a day at a time, or so long after the step before.

use super::Scenario;
use super::moment::{instant, told, wall};
use crate::domain::time::calendar::Calendar;
use crate::domain::workflow::definition::Target;
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp, ToSpan};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    At(Timestamp),
    /// Counted by the organisation's own calendar; days keep the time of day.
    After(Target),
}

impl Scenario {
    /// The instant of every step.
    #[must_use]
    pub fn moments(&self, calendar: &Calendar) -> Vec<Timestamp> {
        let mut found: Vec<Timestamp> = Vec::new();
        for step in &self.steps {
            let before = found.last().copied().unwrap_or(Timestamp::UNIX_EPOCH);
            found.push(step.when.instant(before, calendar));
        }
        found
    }
}

impl When {
    fn instant(self, before: Timestamp, calendar: &Calendar) -> Timestamp {
        match self {
            Self::At(at) => at,
            Self::After(Target::Minutes(n)) => {
                let later = SignedDuration::from_mins(i64::from(n));
                before.saturating_add(later).unwrap_or(Timestamp::MAX)
            }
            Self::After(Target::WorkingHours(n)) => {
                calendar.add_working_ms(before, i64::from(n) * 3_600_000)
            }
            Self::After(Target::WorkingDays(n)) => same_time_on(
                calendar.nth_working_day_after(wall(before).date(), n),
                before,
            ),
            Self::After(Target::NextWorkingDayAt(time)) => {
                calendar.next_working_day_at(before, time.time())
            }
            Self::After(Target::CalendarDays(n)) => same_time_on(
                wall(before).date().saturating_add(i64::from(n).days()),
                before,
            ),
        }
    }

    /// As the file says it, for people who look for the step: `Thu 2026-06-04 10:00, 3wd after the step before`
    pub(super) fn words(self, at: Timestamp) -> String {
        match self {
            Self::At(_) => told(at),
            Self::After(by) => format!("{}, {by} after the step before", told(at)),
        }
    }
}

fn same_time_on(day: Date, as_at: Timestamp) -> Timestamp {
    instant(day.to_datetime(wall(as_at).time())).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::time::calendar::Calendars;
    use crate::domain::workflow::parse::parse_calendar;
    use crate::domain::workflow::scenario::parse_scenario_placed;

    const OFFICE: &str = "\
format: 1
calendar: office
revision: 1
title: Office
zone: Europe/London
windows:
  monday: [{ open: \"09:00\", close: \"17:00\" }]
  tuesday: [{ open: \"09:00\", close: \"17:00\" }]
  wednesday: [{ open: \"09:00\", close: \"17:00\" }]
  thursday: [{ open: \"09:00\", close: \"17:00\" }]
  friday: [{ open: \"09:00\", close: \"17:00\" }]
closures:
  - { from: 2026-11-30, name: St Andrew's Day, source: invented }
";

    fn moments(steps: &str) -> Vec<String> {
        let file = parse_calendar("office.yaml", OFFICE).unwrap();
        let name = file.calendar.clone();
        let calendars = Calendars::build([file]).unwrap();
        let text = format!(
            "format: 1\nscenario: Time\nworkflow: w\nversion: 1\norganisation: o\nsteps:\n{steps}"
        );
        let (scenario, _) = parse_scenario_placed("time.yaml", &text).unwrap();
        let moments = scenario.moments(calendars.load(&name).unwrap());
        moments.into_iter().map(told).collect()
    }

    #[test]
    fn so_long_after_the_step_before_counts_as_people_count() {
        let told = moments(
            "  - { at: Thu 2026-11-26 16:00 }\n  - { after: 3wd }\n  - { after: 2wh }\n  - { after: 15min }\n  - { after: 1w }\n",
        );
        // The weekend and St Andrew's Day are none of the three working days.
        let expected = [
            "Thu 2026-11-26 16:00",
            "Wed 2026-12-02 16:00",
            "Thu 2026-12-03 10:00",
            "Thu 2026-12-03 10:15",
            "Thu 2026-12-10 10:15",
        ];
        assert_eq!(told, expected);
    }

    #[test]
    fn days_keep_the_time_of_day_when_clocks_are_put_forward() {
        let told = moments("  - { at: Sat 2026-03-28 12:00 }\n  - { after: 1d }\n");
        assert_eq!(told[1], "Sun 2026-03-29 12:00");
    }
}
