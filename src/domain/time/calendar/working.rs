//! Arithmetic on one calendar: working days by dates alone, working time by instants.

use super::Calendar;
use jiff::civil::{Date, DateTime, Time};
use jiff::{SignedDuration, Timestamp};

impl Calendar {
    #[must_use]
    pub fn local_date(&self, at: Timestamp) -> Date {
        self.local.datetime(at).date()
    }

    /// Day 0 of a day clock: the local date, or the next working day when it is none or the cut-off
    /// is reached.
    #[must_use]
    pub fn day_zero(&self, at: Timestamp) -> Date {
        let local = self.local.datetime(at);
        let in_time = self.cut_off.is_none_or(|cut_off| local.time() < cut_off);
        if in_time && self.is_working_day(local.date()) {
            local.date()
        } else {
            self.next_working_day(local.date())
        }
    }

    /// The first working day after a date. At the end of time: the last date there is.
    #[must_use]
    pub fn next_working_day(&self, date: Date) -> Date {
        self.working_days_after(date).next().unwrap_or(Date::MAX)
    }

    /// Day n, when the date is day 0; `n` of 0 is the date itself.
    #[must_use]
    pub fn nth_working_day_after(&self, date: Date, n: u32) -> Date {
        let Some(skip) = n.checked_sub(1) else {
            return date;
        };
        let skip = usize::try_from(skip).unwrap_or(usize::MAX);
        self.working_days_after(date).nth(skip).unwrap_or(Date::MAX)
    }

    /// Working days in `(from, to]`.
    #[must_use]
    pub fn working_days_between(&self, from: Date, to: Date) -> u32 {
        let days = self.working_days_after(from).take_while(|day| *day <= to);
        u32::try_from(days.count()).unwrap_or(u32::MAX)
    }

    pub fn working_days_after(&self, date: Date) -> impl Iterator<Item = Date> {
        days_after(date).filter(|day| self.is_working_day(*day))
    }

    /// The first instant of a local date.
    #[must_use]
    pub fn start_of_day(&self, date: Date) -> Timestamp {
        self.local.first(date.at(0, 0, 0, 0))
    }

    /// 24:00 local, which is the first instant of the next local date.
    #[must_use]
    pub fn end_of_day(&self, date: Date) -> Timestamp {
        date.tomorrow()
            .map_or(Timestamp::MAX, |next| self.start_of_day(next))
    }

    /// Open windows between two instants, in milliseconds; 0 when `to` is not after `from`.
    #[must_use]
    pub fn working_ms_between(&self, from: Timestamp, to: Timestamp) -> i64 {
        if to <= from {
            return 0;
        }
        let open: SignedDuration = self
            .open_from(from)
            .take_while(|(open, _)| *open < to)
            .map(|(open, close)| open.duration_until(close.min(to)))
            .sum();
        ms(open)
    }

    /// The open parts of stretches that are in order and apart: one walk over the days for all.
    pub(in crate::domain::time) fn open_within<'a>(
        &'a self,
        stretches: impl Iterator<Item = (Timestamp, Timestamp)> + 'a,
    ) -> impl Iterator<Item = (Timestamp, Timestamp)> + 'a {
        let mut stretches = stretches.peekable();
        let first = stretches.peek().map(|(from, _)| *from);
        let open = first.into_iter().flat_map(|from| self.open_from(from));
        let mut open = open.peekable();
        std::iter::from_fn(move || {
            loop {
                let (from, to) = *stretches.peek()?;
                let (opens, closes) = *open.peek()?;
                if closes <= to {
                    open.next();
                } else {
                    stretches.next();
                }
                let (from, to) = (from.max(opens), to.min(closes));
                if from < to {
                    return Some((from, to));
                }
            }
        })
    }

    /// The first instant by which so much working time has passed since `at`.
    #[must_use]
    pub fn add_working_ms(&self, at: Timestamp, working_ms: i64) -> Timestamp {
        if working_ms <= 0 {
            return at;
        }
        let mut left = SignedDuration::from_millis(working_ms);
        for (open, close) in self.open_from(at) {
            let length = open.duration_until(close);
            if left <= length {
                return open.saturating_add(left).unwrap_or(Timestamp::MAX);
            }
            left -= length;
        }
        Timestamp::MAX
    }

    /// Open stretches from an instant on, in order, not overlapping; the first one may be cut.
    fn open_from(&self, from: Timestamp) -> impl Iterator<Item = (Timestamp, Timestamp)> {
        let today = self.local_date(from);
        // A clock set back over midnight makes the last hours of yesterday come again.
        let first = today.yesterday().unwrap_or(today);
        let mut closed_until = from;
        std::iter::once(first)
            .chain(days_after(first))
            .filter(|day| self.is_working_day(*day))
            .flat_map(|day| self.stretches_of(day))
            .filter_map(move |(open, close)| {
                let open = open.max(closed_until);
                closed_until = closed_until.max(close);
                (open < close).then_some((open, close))
            })
    }

    /// The first instant from this one on at which it is open.
    #[must_use]
    pub fn next_open_at(&self, at: Timestamp) -> Timestamp {
        let next = self.open_from(at).next();
        next.map_or(Timestamp::MAX, |(open, _)| open)
    }

    /// When a time of a local date comes first.
    pub(in crate::domain::time) fn instant_on(&self, day: Date, time: Time) -> Timestamp {
        self.local.first(at_time(day, time))
    }

    /// A time of the next working day: of the first that opens after the instant. The night before
    /// a working day belongs to the day before it.
    #[must_use]
    pub fn next_working_day_at(&self, at: Timestamp, time: Time) -> Timestamp {
        let today = self.local_date(at);
        let on = |day: Date| self.instant_on(day, time);
        let mut days = std::iter::once(today)
            .filter(|day| self.is_working_day(*day))
            .chain(self.working_days_after(today));
        let next = days.find(|day| self.opening_of(*day) > at && on(*day) > at);
        next.map_or(Timestamp::MAX, on)
    }

    /// When a working day opens; of any other day its first instant.
    pub(in crate::domain::time) fn opening_of(&self, day: Date) -> Timestamp {
        let first = self.open_on(day).next();
        first.map_or_else(|| self.start_of_day(day), |(open, _)| open)
    }

    /// Whether the windows of the calendar are open.
    #[must_use]
    pub fn is_open_at(&self, at: Timestamp) -> bool {
        self.open_from(at)
            .next()
            .is_some_and(|(open, _)| open <= at)
    }

    /// The opening hours of a working day; nothing on any other.
    pub(in crate::domain::time) fn open_on(
        &self,
        day: Date,
    ) -> impl Iterator<Item = (Timestamp, Timestamp)> {
        let working = self.is_working_day(day).then_some(day);
        working.into_iter().flat_map(|day| self.stretches_of(day))
    }

    fn stretches_of(&self, day: Date) -> impl Iterator<Item = (Timestamp, Timestamp)> {
        self.windows_of(day).iter().map(move |window| {
            let close = if window.is_until_midnight() {
                self.end_of_day(day)
            } else {
                self.local.last(at_time(day, window.close))
            };
            (self.local.first(at_time(day, window.open)), close)
        })
    }
}

fn at_time(day: Date, time: Time) -> DateTime {
    day.to_datetime(time)
}

fn days_after(date: Date) -> impl Iterator<Item = Date> {
    std::iter::successors(date.tomorrow().ok(), |day| day.tomorrow().ok())
}

/// Whole milliseconds; a span of the civil calendar always fits.
pub(in crate::domain::time) fn ms(duration: SignedDuration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}
