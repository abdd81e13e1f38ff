//! The days by which the actions of a child's plan are to be done. No clock runs: the day is given,
//! and rungs are counted from it in working days.
//!
//! Invariant: a rung is never ready before its instant, and none while the request is in another
//! process.

use super::calendar::Calendar;
use super::ladder::{Due, Next, Step};
use crate::domain::ids::CalendarName;
use crate::domain::workflow::definition::{Ladder, Offset, Target};
use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use std::cmp::Ordering;

/// One open action.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DueDay {
    /// Of the action in its plan.
    pub number: u32,
    /// The last day on which it is in time.
    pub due_on: Date,
    pub added_at: Timestamp,
    /// Of the team that held the request then.
    pub calendar: CalendarName,
}

/// Of every open action of a plan.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DueDays {
    added_count: u32,
    open: Vec<DueDay>,
    /// Nobody is reminded while the request is in another process.
    waits: bool,
}

impl DueDays {
    #[must_use]
    pub fn is_unused(&self) -> bool {
        *self == Self::default()
    }

    pub fn add(&mut self, due_on: Date, calendar: CalendarName, added_at: Timestamp) {
        self.added_count += 1;
        self.open.push(DueDay {
            number: self.added_count,
            due_on,
            added_at,
            calendar,
        });
    }

    pub fn settle(&mut self, numbers: &[u32]) {
        self.open.retain(|day| !numbers.contains(&day.number));
    }

    pub fn wait(&mut self, waits: bool) {
        self.waits = waits;
    }

    pub fn open(&self) -> impl Iterator<Item = &DueDay> {
        self.open.iter()
    }

    /// The first step after the last that was raised; `None` when the ladder has come to its end.
    #[must_use]
    pub fn next_step(
        &self,
        day: &DueDay,
        ladder: &Ladder,
        (calendar, raised): (&Calendar, Option<Step>),
    ) -> Option<Next> {
        let mut steps = ladder.steps();
        let (step, at) = steps.find_map(|(step, rung)| {
            let comes = raised.is_none_or(|raised| step.order(raised) == Ordering::Greater);
            let at = day.instant_of(rung.offset_of(step.occurrence), calendar)?;
            // What had passed when the action was agreed reminds nobody; that its day is over is said.
            let is_news = step.rung == Offset::AtTarget || at > day.added_at;
            (comes && is_news).then_some((step, at))
        })?;
        Some(Next {
            step,
            due: (!self.waits).then(|| Due::at(at)),
        })
    }
}

impl DueDay {
    /// At the opening of a working day: of one before the day, or of the first after it.
    fn instant_of(&self, offset: Offset, calendar: &Calendar) -> Option<Timestamp> {
        let day = match offset {
            Offset::Before(Target::WorkingDays(n)) => {
                let before =
                    std::iter::successors(self.due_on.yesterday().ok(), |day| day.yesterday().ok());
                let mut working = before.filter(|day| calendar.is_working_day(*day));
                working.nth(usize::try_from(n.checked_sub(1)?).ok()?)?
            }
            Offset::AtTarget => calendar.next_working_day(self.due_on),
            Offset::After(Target::WorkingDays(n)) => {
                calendar.nth_working_day_after(self.due_on, n.checked_add(1)?)
            }
            Offset::Before(_) | Offset::After(_) => return None,
        };
        Some(calendar.opening_of(day))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::time::calendar::golden::{at, calendar, scotland};
    use crate::domain::workflow::definition::Rung;
    use jiff::civil::date;

    fn ladder() -> Ladder {
        let rung = |at: &str, every: Option<u32>| Rung {
            at: at.parse().unwrap(),
            tell: Vec::new(),
            missed: at == "0",
            every: every.map(Target::WorkingDays),
            at_most: every.map(|_| 2),
        };
        Ladder(vec![
            rung("-2wd", None),
            rung("0", None),
            rung("+5wd", Some(5)),
        ])
    }

    /// Every step of an action with when it can be raised, one after the other.
    fn climb(due_on: Date, added_at: &str, waits: bool) -> Vec<(String, Option<String>)> {
        let calendar = calendar(scotland());
        let mut days = DueDays::default();
        days.add(due_on, calendar.name().clone(), at(added_at));
        days.wait(waits);
        let mut raised = None;
        let mut found = Vec::new();
        let day = days.open().next().unwrap();
        while let Some(next) = days.next_step(day, &ladder(), (&calendar, raised)) {
            found.push((
                next.step.rung.to_string(),
                next.due.map(|due| due.ready_at.to_string()),
            ));
            raised = Some(next.step);
        }
        found
    }

    fn told(steps: &[(&str, &str)]) -> Vec<(String, Option<String>)> {
        let steps = steps.iter();
        let told = steps.map(|(rung, at)| ((*rung).to_owned(), Some((*at).to_owned())));
        told.collect()
    }

    #[test]
    fn an_action_rings_in_working_days_around_its_day() {
        // Thursday; St Andrew's Day on the Monday after is a holiday.
        let rung = climb(date(2026, 11, 26), "2026-11-02T10:00Z", false);
        let expected = [
            ("-2wd", "2026-11-24T09:00:00Z"),
            ("0", "2026-11-27T09:00:00Z"),
            ("+5wd", "2026-12-07T09:00:00Z"),
            ("+5wd", "2026-12-14T09:00:00Z"),
        ];
        assert_eq!(rung, told(&expected));
    }

    #[test]
    fn a_day_on_which_nobody_works_is_over_when_work_begins_again() {
        let rung = climb(date(2026, 11, 28), "2026-11-02T10:00Z", false);
        let expected = [
            ("-2wd", "2026-11-26T09:00:00Z"),
            ("0", "2026-12-01T09:00:00Z"),
        ];
        assert_eq!(rung[..2], told(&expected));
    }

    #[test]
    fn a_reminder_that_had_passed_when_the_action_was_agreed_is_not_given() {
        let rung = climb(date(2026, 11, 26), "2026-11-25T10:00Z", false);
        assert_eq!(rung[0], told(&[("0", "2026-11-27T09:00:00Z")])[0]);
        // The day was over: that alone is said at once, and not how long it had been.
        let rung = climb(date(2026, 10, 1), "2026-11-25T10:00Z", false);
        assert_eq!(rung, told(&[("0", "2026-10-02T08:00:00Z")]));
    }

    #[test]
    fn nobody_is_reminded_while_the_request_is_in_another_process() {
        let rung = climb(date(2026, 11, 26), "2026-11-02T10:00Z", true);
        assert!(rung.iter().all(|(_, at)| at.is_none()), "{rung:?}");
        assert_eq!(rung.len(), 4);
    }
}
