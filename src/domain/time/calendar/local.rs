//! A zone whose offsets between two changes of its clocks are worked out once.

use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use jiff::tz::{AmbiguousTimestamp, Offset, TimeZone};
use std::sync::Arc;

/// Outside of these days the zone itself is asked.
const FIRST_DAY: Date = jiff::civil::date(1990, 1, 1);
const LAST_DAY: Date = jiff::civil::date(2070, 1, 1);

/// Local time to instants and back. What the zone says decides; the offsets only spare asking it.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct LocalTime {
    zone: TimeZone,
    /// In order and apart; a day on which the clocks change is in none of them.
    steady: Arc<[Steady]>,
    /// How many of them began before each year from the first on: where to look.
    before_year: Arc<[usize]>,
}

/// Days of one offset, the first and the last included.
#[derive(Debug, PartialEq)]
struct Steady {
    first: Date,
    last: Date,
    offset: Offset,
}

impl LocalTime {
    pub(super) fn new(zone: TimeZone) -> Self {
        let steady: Arc<[Steady]> = steady_days(&zone).collect();
        let years = FIRST_DAY.year()..=LAST_DAY.year();
        let before = |year| steady.partition_point(|days| days.first.year() < year);
        let before_year = years.map(before).collect();
        Self {
            zone,
            steady,
            before_year,
        }
    }

    pub(super) fn datetime(&self, at: Timestamp) -> DateTime {
        self.zone.to_datetime(at)
    }

    /// A local time that comes twice is meant the first time; one that is skipped moves forward.
    pub(super) fn first(&self, local: DateTime) -> Timestamp {
        self.instant(local, AmbiguousTimestamp::compatible)
    }

    /// A local time that comes twice is meant the last time; one that is skipped moves forward.
    pub(super) fn last(&self, local: DateTime) -> Timestamp {
        self.instant(local, AmbiguousTimestamp::later)
    }

    fn instant(
        &self,
        local: DateTime,
        choose: fn(AmbiguousTimestamp) -> Result<Timestamp, jiff::Error>,
    ) -> Timestamp {
        let instant = match self.offset_on(local.date()) {
            Some(offset) => offset.to_timestamp(local),
            None => choose(self.zone.to_ambiguous_timestamp(local)),
        };
        // Only beside the first and the last year of the civil calendar there is no instant.
        instant.unwrap_or(if local.year() < 0 {
            Timestamp::MIN
        } else {
            Timestamp::MAX
        })
    }

    fn offset_on(&self, day: Date) -> Option<Offset> {
        let year = usize::try_from(day.year() - FIRST_DAY.year()).ok()?;
        let before = *self.before_year.get(year)?;
        let from = before.saturating_sub(1);
        let mut near = self.steady.get(from..)?.iter();
        let days = near.find(|days| day <= days.last)?;
        (days.first <= day).then_some(days.offset)
    }
}

/// Between one change of the clocks and the next, without the days of the changes.
fn steady_days(zone: &TimeZone) -> impl Iterator<Item = Steady> {
    let bounds = [FIRST_DAY, LAST_DAY].map(|day| Offset::UTC.to_timestamp(day.at(0, 0, 0, 0)));
    let [from, to] = bounds.map(|at| at.unwrap_or(Timestamp::UNIX_EPOCH));
    let changes = zone.following(from).map(|change| change.timestamp());
    let changes = changes.take_while(move |at| *at < to);
    let ends = changes.chain(std::iter::once(to));
    let mut begins = from;
    ends.filter_map(move |ends| {
        let offset = zone.to_offset(begins);
        let [first, last] = [begins, ends].map(|at| offset.to_datetime(at).date());
        begins = ends;
        // A change may move a local time over midnight, so its neighbours are left out too.
        let first = first.saturating_add(jiff::Span::new().days(2));
        let last = last.saturating_sub(jiff::Span::new().days(2));
        (first <= last).then_some(Steady {
            first,
            last,
            offset,
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::ToSpan;
    use jiff::tz::TimeZoneDatabase;

    #[test]
    fn kept_offsets_say_what_the_zone_says() {
        // Half hours, a southern summer, a day that never was (Apia), a change at midnight (Havana).
        for name in [
            "Europe/London",
            "Australia/Lord_Howe",
            "Pacific/Apia",
            "America/Havana",
            "Africa/Casablanca",
            "UTC",
        ] {
            let zone = TimeZoneDatabase::bundled().get(name).unwrap();
            let local = LocalTime::new(zone.clone());
            let mut at = jiff::civil::date(1989, 12, 1).at(0, 30, 0, 0);
            let end = jiff::civil::date(2071, 2, 1).at(0, 0, 0, 0);
            while at < end {
                let asked = zone.to_ambiguous_timestamp(at);
                assert_eq!(local.first(at), asked.compatible().unwrap(), "{name} {at}");
                assert_eq!(local.last(at), asked.later().unwrap(), "{name} {at}");
                at = at.saturating_add(7.hours());
            }
        }
    }

    #[test]
    fn nearly_every_day_has_a_kept_offset() {
        let zone = TimeZoneDatabase::bundled().get("Europe/London").unwrap();
        let local = LocalTime::new(zone);
        let mut days = 0;
        let mut day = jiff::civil::date(2026, 1, 1);
        while day < jiff::civil::date(2027, 1, 1) {
            days += i32::from(local.offset_on(day).is_some());
            day = day.tomorrow().unwrap();
        }
        assert!((355..365).contains(&days), "{days}");
    }
}
