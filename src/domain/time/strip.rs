//! Why a clock is due when it is: each local date with one reason.
//!
//! Invariant: the days are consecutive, and those that counted up to the due date use up the target.

mod words;

#[cfg(test)]
mod tests;

use super::calendar::Calendar;
use super::clock::reading::View;
use super::clock::{Spell, SpellStatus};
use crate::domain::ids::StateName;
use crate::domain::workflow::definition::Target;
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;

/// Dates in one strip, at most.
pub const DAYS_MAX: usize = 400;

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Strip {
    /// With every extension given up to the moment asked about.
    pub target: Target,
    pub days: Vec<StripDay>,
    /// `None` while paused inside the target.
    pub due_at: Option<Timestamp>,
    /// The last local date that belongs to the target.
    pub due_on: Option<Date>,
    /// The last day whose holidays are known, where it is due after that: a working day there may
    /// turn out to be a holiday.
    pub assumed_after: Option<Date>,
    /// There are more than `DAYS_MAX` dates; the later ones are left out.
    pub is_cut: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct StripDay {
    pub date: Date,
    pub counted: bool,
    /// Days that counted up to this one; 0 for targets of hours and minutes.
    pub counted_days: u32,
    /// Milliseconds of this date that counted; 0 for targets of days.
    pub counted_ms: i64,
    #[serde(flatten)]
    pub reason: Reason,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "reason", rename_all = "kebab-case")]
pub enum Reason {
    Received,
    /// After the cut-off or on a day when nobody works.
    ReceivedOutOfHours {
        counts_from: Date,
    },
    /// Received before, out of hours; the days after it count.
    DayZero,
    Counted,
    /// The name of a closure or of a weekday.
    Closed {
        name: String,
    },
    Paused {
        since: Date,
        state: StateName,
    },
    /// Open, and nothing of the clock's own time fell into it.
    NoTime,
    Due,
    Missed,
    Stopped,
    Cancelled,
    /// After the clock ended, up to the date that would have been due.
    AfterEnd,
}

impl Spell {
    /// Day by day from the start to the due date, the end or `as_of`, whichever is last.
    #[must_use]
    pub fn strip(&self, calendar: &Calendar, as_of: Timestamp) -> Strip {
        let reading = self.reading(calendar, as_of);
        let first = calendar.local_date(self.started_at);
        let ended_at = self.ended_at.filter(|at| *at <= as_of);
        let due_on = reading
            .due_at
            .map(|due| last_date(calendar, due).max(first));
        let today = calendar.local_date(ended_at.unwrap_or(as_of));
        let until = due_on.map_or(today, |due| due.max(today)).max(first);
        let days = Days {
            spell: self,
            calendar,
            view: View::of(self, calendar, as_of).ahead(),
            status: reading.status,
            day_zero: match self.target {
                Target::WorkingDays(_) => calendar.day_zero(self.started_at),
                Target::CalendarDays(_)
                | Target::WorkingHours(_)
                | Target::Minutes(_)
                | Target::NextWorkingDayAt(_) => first,
            },
            first,
            due_on,
            ended_on: ended_at.map(|at| calendar.local_date(at)),
            as_of,
        };
        let mut counted_days = 0;
        let dates = std::iter::successors(Some(first), |day| day.tomorrow().ok());
        let mut dates = dates.take_while(|day| *day <= until);
        let shown = dates.by_ref().take(DAYS_MAX);
        let shown = shown
            .map(|date| days.day(date, &mut counted_days))
            .collect();
        Strip {
            target: self.target_at(as_of),
            days: shown,
            due_at: reading.due_at,
            due_on,
            assumed_after: self.assumed_after(calendar, reading.due_at),
            is_cut: dates.next().is_some(),
        }
    }
}

impl Spell {
    /// The last day whose holidays are known, where a due date of working time lies beyond it.
    #[must_use]
    pub fn assumed_after(&self, calendar: &Calendar, due_at: Option<Timestamp>) -> Option<Date> {
        match self.target {
            Target::WorkingDays(_) | Target::WorkingHours(_) | Target::NextWorkingDayAt(_) => {
                calendar.assumed_after(due_at?)
            }
            Target::CalendarDays(_) | Target::Minutes(_) => None,
        }
    }
}

/// 24:00 belongs to the date that ends with it.
fn last_date(calendar: &Calendar, at: Timestamp) -> Date {
    let before = at.saturating_sub(SignedDuration::from_nanos(1));
    calendar.local_date(before.unwrap_or(at))
}

struct Days<'a> {
    spell: &'a Spell,
    calendar: &'a Calendar,
    view: View<'a>,
    status: SpellStatus,
    first: Date,
    day_zero: Date,
    due_on: Option<Date>,
    ended_on: Option<Date>,
    as_of: Timestamp,
}

impl Days<'_> {
    fn day(&self, date: Date, counted_days: &mut u32) -> StripDay {
        let (from, to) = (
            self.calendar.start_of_day(date),
            self.calendar.end_of_day(date),
        );
        let counted_ms = self.view.counted_ms(from, to);
        let counts_as_day = self.is_counting_day(date)
            && self.view.counts(date)
            && (self.status.is_open() || from < self.view.ran_until());
        if counts_as_day {
            *counted_days += 1;
        }
        let counted = counts_as_day || counted_ms > 0;
        StripDay {
            date,
            counted,
            counted_days: *counted_days,
            counted_ms,
            reason: self.reason(date, to, counted),
        }
    }

    fn is_counting_day(&self, date: Date) -> bool {
        match self.spell.target {
            Target::WorkingDays(_) => date > self.day_zero && self.calendar.is_working_day(date),
            Target::CalendarDays(_) => {
                date > self.day_zero || (self.spell.counting.counts_first_day && date == self.first)
            }
            Target::WorkingHours(_) | Target::Minutes(_) | Target::NextWorkingDayAt(_) => false,
        }
    }

    fn reason(&self, date: Date, ends_at: Timestamp, counted: bool) -> Reason {
        if self.ended_on == Some(date) {
            return match self.status {
                SpellStatus::Cancelled => Reason::Cancelled,
                SpellStatus::Running | SpellStatus::Paused | SpellStatus::Stopped => {
                    Reason::Stopped
                }
            };
        }
        if self.due_on == Some(date) {
            return Reason::Due;
        }
        if self.ended_on.is_some_and(|ended| date > ended) {
            return Reason::AfterEnd;
        }
        if date == self.first && self.day_zero > date {
            return Reason::ReceivedOutOfHours {
                counts_from: self.day_zero,
            };
        }
        if date == self.first {
            return Reason::Received;
        }
        if date == self.day_zero {
            return Reason::DayZero;
        }
        if !matches!(
            self.spell.target,
            Target::CalendarDays(_) | Target::Minutes(_)
        ) && let Some(name) = self.calendar.find_closure(date)
        {
            return Reason::Closed {
                name: name.to_owned(),
            };
        }
        if let Some(paused) = self.paused_at(ends_at).filter(|_| !counted) {
            return paused;
        }
        match self.due_on {
            Some(due) if date > due => Reason::Missed,
            _ if counted => Reason::Counted,
            _ => Reason::NoTime,
        }
    }

    fn paused_at(&self, at: Timestamp) -> Option<Reason> {
        let pause = self.spell.pauses.iter().rev().find(|pause| {
            let to = pause.to.into_iter().chain(pause.ends_by(self.calendar));
            let to = to.min().filter(|to| *to <= self.as_of);
            pause.from <= self.as_of && pause.from < at && to.is_none_or(|to| at <= to)
        })?;
        Some(Reason::Paused {
            since: self.calendar.local_date(pause.from),
            state: pause.state.clone(),
        })
    }
}
