//! How long it takes to read one clock at a moment: due or not, and how much is used up. Needs no
//! server; `make bench` runs it. The last figures are in README.md beside it.

#![expect(clippy::unwrap_used, reason = "a benchmark ends at the first surprise")]

use divan::{Bencher, black_box};
use jiff::{SignedDuration, Timestamp};
use rfa::domain::ids::{CalendarName, ClockName, StateName};
use rfa::domain::time::calendar::Calendars;
use rfa::domain::time::clock::{Pause, Spell, SpellStatus};
use rfa::domain::workflow::parse::parse_calendar;
use std::path::Path;

fn main() {
    divan::main();
}

fn calendars() -> Calendars {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("workflows/calendars");
    let files = std::fs::read_dir(folder).unwrap().map(|entry| {
        let path = entry.unwrap().path();
        let text = std::fs::read_to_string(&path).unwrap();
        parse_calendar(&path.to_string_lossy(), &text).unwrap()
    });
    Calendars::build(files).unwrap()
}

fn spell(target: &str) -> Spell {
    Spell {
        clock: ClockName::parse("decide").unwrap(),
        number: 1,
        started_at: "2026-03-02T10:00Z".parse().unwrap(),
        calendar: CalendarName::parse("south-ayrshire-council").unwrap(),
        target: target.parse().unwrap(),
        status: SpellStatus::Running,
        ended_at: None,
        pauses: Vec::new(),
        counting: Default::default(),
        extensions: Vec::new(),
        concern: None,
        known_at: None,
    }
}

fn after(from: Timestamp, hours: i64) -> Timestamp {
    from.saturating_add(SignedDuration::from_hours(hours))
        .unwrap()
}

/// One of an open clock, three working days after its start, with two pauses.
#[divan::bench(args = ["5wd", "16wh", "12w", "15min"])]
fn reading(bencher: Bencher<'_, '_>, target: &str) {
    let calendars = calendars();
    let mut spell = spell(target);
    let calendar = calendars.load(&spell.calendar).unwrap();
    for hours in [5, 30] {
        spell.pauses.push(Pause {
            from: after(spell.started_at, hours),
            to: Some(after(spell.started_at, hours + 4)),
            state: StateName::parse("asked").unwrap(),
            at_most: None,
        });
    }
    let as_of = after(spell.started_at, 72);
    bencher.bench_local(|| black_box(&spell).reading(calendar, black_box(as_of)));
}

/// A question every other day for a year, each answered a day later.
#[divan::bench(args = ["120wd", "900wh", "50w"])]
fn reading_with_a_year_of_pauses(bencher: Bencher<'_, '_>, target: &str) {
    let calendars = calendars();
    let mut spell = spell(target);
    let calendar = calendars.load(&spell.calendar).unwrap();
    for day in (0..365).step_by(2) {
        let from = after(spell.started_at, day * 24 + 1);
        spell.pauses.push(Pause {
            from,
            to: Some(after(from, 24)),
            state: StateName::parse("asked").unwrap(),
            at_most: None,
        });
    }
    let as_of = after(spell.started_at, 366 * 24);
    bencher.bench_local(|| black_box(&spell).reading(calendar, black_box(as_of)));
}
