//! One spell, read at a moment: what happened later is not seen.

mod gaps;
mod steady;
mod verdict;

pub use steady::Steady;

use super::{Counting, Pause, Reading, Spell, SpellStatus};
use crate::domain::time::calendar::{Calendar, ms};
use crate::domain::workflow::definition::{CountDay, Offset, Roll, Target};
use gaps::{Along, Gap, gaps_seen};
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};

const HOUR_MS: i64 = 3_600_000;
const MINUTE_MS: i64 = 60_000;

impl Spell {
    /// A spell that started after `as_of` has read nothing yet; do not ask it.
    #[must_use]
    pub fn reading(&self, calendar: &Calendar, as_of: Timestamp) -> Reading {
        let view = View::of(self, calendar, as_of);
        let (working_days, working_ms) = (view.working_days(), view.working_ms());
        let verdict = self.judge(view, as_of);
        Reading {
            status: verdict.status,
            elapsed_ms: verdict.elapsed_ms,
            paused_ms: verdict.paused_ms,
            working_days,
            working_ms,
            due_at: verdict.due_at,
            received_out_of_hours: self.received_out_of_hours(calendar),
            met: verdict.met,
            extended: verdict.extended,
            met_unextended: verdict.met_unextended,
        }
    }

    /// It started when nobody worked, or after the cut-off of the day.
    #[must_use]
    pub fn received_out_of_hours(&self, calendar: &Calendar) -> bool {
        calendar.day_zero(self.started_at) != calendar.local_date(self.started_at)
            || !calendar.is_open_at(self.started_at)
    }

    /// The target with every extension given up to a moment.
    #[must_use]
    pub fn target_at(&self, as_of: Timestamp) -> Target {
        let given = self.extensions.iter().filter(|given| given.at <= as_of);
        given.fold(self.target, |target, given| target.plus(given.by))
    }
}

impl Pause {
    /// When it ends by itself.
    #[must_use]
    pub fn ends_by(&self, calendar: &Calendar) -> Option<Timestamp> {
        let from = self.from;
        Some(match self.at_most? {
            Target::WorkingDays(days) => {
                let day_zero = calendar.day_zero(from);
                calendar.end_of_day(calendar.nth_working_day_after(day_zero, days))
            }
            Target::CalendarDays(days) => {
                let span = jiff::Span::new().days(days);
                let day_zero = calendar.local_date(from);
                calendar.end_of_day(day_zero.saturating_add(span))
            }
            Target::WorkingHours(hours) => {
                calendar.add_working_ms(from, i64::from(hours) * HOUR_MS)
            }
            Target::Minutes(minutes) => add_wall_ms(from, i64::from(minutes) * MINUTE_MS),
            Target::NextWorkingDayAt(time) => calendar.next_working_day_at(from, time.time()),
        })
    }
}

/// What was known of a spell at a moment.
pub(in crate::domain::time) struct View<'a> {
    calendar: &'a Calendar,
    target: Target,
    counting: Counting,
    status: SpellStatus,
    start: Timestamp,
    /// When it ended, or the moment asked about.
    end: Timestamp,
    /// In order, apart from each other, none before the start.
    gaps: Vec<Gap>,
}

impl<'a> View<'a> {
    pub(in crate::domain::time) fn of(
        spell: &Spell,
        calendar: &'a Calendar,
        as_of: Timestamp,
    ) -> Self {
        let ended_at = spell.ended_at.filter(|at| *at <= as_of);
        let gaps = gaps_seen(spell, calendar, as_of);
        let paused = gaps.last().is_some_and(|gap| gap.to.is_none());
        Self {
            calendar,
            target: spell.target_at(as_of),
            counting: spell.counting,
            status: match ended_at {
                Some(_) => spell.status,
                None if paused => SpellStatus::Paused,
                None => SpellStatus::Running,
            },
            start: spell.started_at,
            end: ended_at.unwrap_or(as_of),
            gaps,
        }
    }

    fn met(&self, due_at: Option<Timestamp>) -> Option<bool> {
        let past_due = due_at.is_some_and(|due| self.ran_until() > due);
        match self.status {
            SpellStatus::Stopped => Some(!past_due),
            // A missed target stays missed, whatever came afterwards.
            _ if past_due => Some(false),
            SpellStatus::Running | SpellStatus::Paused | SpellStatus::Cancelled => None,
        }
    }

    /// As it will be when nothing more happens before it is due.
    pub(in crate::domain::time) fn ahead(mut self) -> Self {
        if let (true, Some(due)) = (self.status.is_open(), self.due()) {
            self.end = self.end.max(due);
        }
        self
    }

    /// Time of a target of hours or minutes that ran within `[from, to)`; 0 for targets of days.
    pub(in crate::domain::time) fn counted_ms(&self, from: Timestamp, to: Timestamp) -> i64 {
        let within = |(one, other): (Timestamp, Timestamp)| (one.max(from), other.min(to));
        let length = |(from, to)| match self.target {
            Target::WorkingHours(_) => self.calendar.working_ms_between(from, to),
            Target::Minutes(_) => wall_ms(from, to),
            Target::WorkingDays(_) | Target::CalendarDays(_) | Target::NextWorkingDayAt(_) => 0,
        };
        self.running().map(within).map(length).sum()
    }

    /// Whether a day counts that lies wholly before `end`, or that is counted on towards the due day.
    pub(in crate::domain::time) fn counts(&self, day: Date) -> bool {
        let end = self.calendar.end_of_day(day);
        self.counts_along((day, end), &mut Along::new(&self.gaps))
    }

    /// Of a day and its end; days in order.
    fn counts_along(&self, (day, end): (Date, Timestamp), along: &mut Along<'_>) -> bool {
        match (self.counting.count_day, self.target) {
            // A calendar day has no opening hours: it is touched at any of its own.
            (CountDay::Touched, Target::CalendarDays(_)) => {
                !self.is_paused_throughout(self.calendar.start_of_day(day), end)
            }
            _ => self.counts_as_working((day, end), along),
        }
    }

    fn counts_as_working(&self, (day, end): (Date, Timestamp), along: &mut Along<'_>) -> bool {
        match self.counting.count_day {
            CountDay::AtEnd => along.ran_up_to(end),
            CountDay::Touched => {
                let mut stretches = self.calendar.open_on(day);
                stretches.any(|(open, close)| !self.is_paused_throughout(open, close))
            }
        }
    }

    fn is_paused_throughout(&self, from: Timestamp, to: Timestamp) -> bool {
        let begun = self.gaps.partition_point(|gap| gap.from <= from);
        let last = begun.checked_sub(1).and_then(|last| self.gaps.get(last));
        last.is_some_and(|gap| gap.to.is_none_or(|end| to <= end))
    }

    /// Stretches in which the clock ran, up to its end.
    pub(in crate::domain::time) fn running(&self) -> impl Iterator<Item = (Timestamp, Timestamp)> {
        let resumed = self.gaps.iter().map(|gap| gap.to.unwrap_or(self.end));
        let paused = self.gaps.iter().map(|gap| gap.from);
        std::iter::once(self.start)
            .chain(resumed)
            .zip(paused.chain(std::iter::once(self.end)))
            .map(|(from, to)| (from, to.min(self.end)))
            .filter(|(from, to)| from < to)
    }

    /// The last instant at which it ran; its start if it never did.
    pub(in crate::domain::time) fn ran_until(&self) -> Timestamp {
        self.running().last().map_or(self.start, |(_, to)| to)
    }

    fn paused_ms(&self) -> i64 {
        self.gaps
            .iter()
            .map(|gap| wall_ms(gap.from, gap.to.unwrap_or(self.end).min(self.end)))
            .sum()
    }

    fn working_ms(&self) -> i64 {
        let open = self.calendar.open_within(self.running());
        ms(open.map(|(from, to)| from.duration_until(to)).sum())
    }

    fn working_days(&self) -> u32 {
        let day_zero = self.calendar.day_zero(self.start);
        let days = self.calendar.working_days_after(day_zero);
        let ends = days.map(|day| (day, self.calendar.end_of_day(day)));
        let mut along = Along::new(&self.gaps);
        let counted = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
        if self.status.is_open() {
            let over = ends.take_while(|(_, end)| *end <= self.end);
            let over = over.filter(|ended| self.counts_as_working(*ended, &mut along));
            return counted(over.count());
        }
        let ran_until = self.ran_until();
        if ran_until <= self.calendar.end_of_day(day_zero) {
            return 0;
        }
        let over = ends.take_while(|(_, end)| *end < ran_until);
        let over = over.filter(|ended| self.counts_as_working(*ended, &mut along));
        counted(over.count()).saturating_add(1)
    }

    /// The first instant at which the target is used up; `None` when a pause without an end is
    /// reached before.
    pub(in crate::domain::time) fn due(&self) -> Option<Timestamp> {
        match self.target {
            Target::WorkingDays(_) | Target::CalendarDays(_) => {
                self.due_day().map(|day| self.calendar.end_of_day(day))
            }
            Target::WorkingHours(hours) => {
                let open = self.calendar.open_within(self.ahead_of_it());
                self.used_up(i64::from(hours) * HOUR_MS, open)
            }
            Target::Minutes(minutes) => {
                self.used_up(i64::from(minutes) * MINUTE_MS, self.ahead_of_it())
            }
            Target::NextWorkingDayAt(time) => {
                Some(self.calendar.next_working_day_at(self.start, time.time()))
            }
        }
    }

    /// The day at whose end it is due; `None` as `due`, and for targets that are due at another time.
    fn due_day(&self) -> Option<Date> {
        match self.target {
            Target::WorkingDays(days) => {
                let day_zero = self.calendar.day_zero(self.start);
                self.day_counted(day_zero, self.calendar.working_days_after(day_zero), days)
            }
            Target::CalendarDays(days) => {
                let day_zero = self.calendar.local_date(self.start);
                // Day 0 is the first that counts where the law says "starting on the date".
                let first = if self.counting.counts_first_day {
                    Some(day_zero)
                } else {
                    day_zero.tomorrow().ok()
                };
                let from_first = std::iter::successors(first, |day| day.tomorrow().ok());
                self.day_counted(day_zero, from_first, days)
            }
            Target::WorkingHours(_) | Target::Minutes(_) | Target::NextWorkingDayAt(_) => None,
        }
    }

    /// When an offset from the target comes: of working days at an opening, of calendar days at a
    /// midnight, of hours and minutes to the instant. `None` as `due`.
    pub(in crate::domain::time) fn instant_of(&self, offset: Offset) -> Option<Timestamp> {
        let moved = match offset {
            Offset::Before(by) => self.with_target(self.target.minus(by)),
            Offset::AtTarget => self.with_target(self.target),
            Offset::After(by) => self.with_target(self.target.plus(by)),
        };
        let calendar = self.calendar;
        match (self.target, offset) {
            (Target::WorkingDays(_), Offset::Before(_)) => {
                moved.due_day().map(|day| calendar.opening_of(day))
            }
            (Target::WorkingDays(_), Offset::AtTarget | Offset::After(_)) => {
                moved.due().map(|due| calendar.next_open_at(due))
            }
            (Target::CalendarDays(_), Offset::Before(by)) => {
                let back = jiff::Span::new().days(by.count());
                let day = self.due_day()?.saturating_sub(back);
                Some(calendar.start_of_day(day))
            }
            (Target::NextWorkingDayAt(time), Offset::After(Target::WorkingDays(days))) => {
                let day = calendar.local_date(self.due()?);
                let later = calendar.nth_working_day_after(day, days);
                Some(calendar.instant_on(later, time.time()))
            }
            (
                Target::CalendarDays(_)
                | Target::WorkingHours(_)
                | Target::Minutes(_)
                | Target::NextWorkingDayAt(_),
                _,
            ) => moved.due(),
        }
    }

    fn with_target(&self, target: Target) -> Self {
        Self {
            target,
            gaps: self.gaps.clone(),
            ..*self
        }
    }

    /// A day counts when the clock runs up to 24:00 local of that day; the n-th such day is the due
    /// day. A target of 0 days is due on day 0.
    fn day_counted(
        &self,
        day_zero: Date,
        countable: impl Iterator<Item = Date>,
        days: u32,
    ) -> Option<Date> {
        let first = (days == 0).then_some(day_zero);
        let mut left = usize::try_from(days.max(1)).unwrap_or(usize::MAX);
        let mut along = Along::new(&self.gaps);
        let mut days = first.into_iter().chain(countable);
        while let Some(day) = days.next() {
            let end = self.calendar.end_of_day(day);
            if self.counts_along((day, end), &mut along) {
                left -= 1;
                if left == 0 {
                    return Some(self.rolled(day));
                }
                if along.is_through() {
                    // Nothing stands in the way of any day to come.
                    let due = days.nth(left - 1);
                    return Some(due.map_or(Date::MAX, |day| self.rolled(day)));
                }
            } else if self.is_in_open_gap(end) {
                return None;
            }
        }
        Some(Date::MAX)
    }

    fn rolled(&self, day: Date) -> Date {
        match self.counting.roll {
            Some(Roll::NextWorkingDay) if !self.calendar.is_working_day(day) => {
                self.calendar.next_working_day(day)
            }
            Some(Roll::NextWorkingDay) | None => day,
        }
    }

    /// Stretches in which the clock runs when nothing more happens to it.
    fn ahead_of_it(&self) -> impl Iterator<Item = (Timestamp, Timestamp)> {
        let resumed = self.gaps.iter().map_while(|gap| gap.to);
        let paused = self.gaps.iter().map(|gap| gap.from);
        std::iter::once(self.start)
            .chain(resumed)
            .zip(paused.chain(std::iter::once(Timestamp::MAX)))
            .filter(|(from, to)| from < to)
    }

    /// When stretches have used up a target; `None` when a pause without an end is reached before.
    fn used_up(
        &self,
        target_ms: i64,
        stretches: impl Iterator<Item = (Timestamp, Timestamp)>,
    ) -> Option<Timestamp> {
        let mut left = SignedDuration::from_millis(target_ms);
        if left.is_zero() {
            return Some(self.start);
        }
        for (from, to) in stretches {
            let length = from.duration_until(to);
            if left <= length {
                return Some(from.saturating_add(left).unwrap_or(Timestamp::MAX));
            }
            left -= length;
        }
        let paused = self.gaps.last().is_some_and(|gap| gap.to.is_none());
        (!paused).then_some(Timestamp::MAX)
    }

    fn is_in_open_gap(&self, at: Timestamp) -> bool {
        self.gaps
            .last()
            .is_some_and(|gap| gap.to.is_none() && gap.from < at)
    }
}

/// 0 when `to` is not after `from`.
fn wall_ms(from: Timestamp, to: Timestamp) -> i64 {
    (to.as_millisecond() - from.as_millisecond()).max(0)
}

fn add_wall_ms(from: Timestamp, ms: i64) -> Timestamp {
    from.saturating_add(SignedDuration::from_millis(ms))
        .unwrap_or(Timestamp::MAX)
}
