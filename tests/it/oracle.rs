//! What independent programs check: cases with our answers, written where `make test-peers` reads
//! them. That program computes every answer by itself and says where it differs.

mod access;
mod curves;
mod partners;
mod paused_log;

use crate::support::engine::workflows;
use jiff::{SignedDuration, Timestamp};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use rfa::domain::ids::{CalendarName, ClockName, StateName};
use rfa::domain::time::calendar::Calendars;
use rfa::domain::time::clock::{Counting, Extension, Pause, Spell, SpellStatus};
use rfa::domain::workflow::definition::{CountDay, Roll, Target};
use rfa::domain::workflow::parse::parse_calendar;
use serde_json::{Value, json};
use std::path::PathBuf;

const CASES: usize = 6_000;
const SEED: u64 = 20_261_123;

/// Where the peers look: beside everything else that cargo makes for tests.
fn out(name: &str) -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("oracle");
    std::fs::create_dir_all(&folder).unwrap();
    folder.join(name)
}

fn calendars() -> Calendars {
    let files = std::fs::read_dir(workflows().join("calendars")).unwrap();
    let files = files.map(|entry| {
        let path = entry.unwrap().path();
        let text = std::fs::read_to_string(&path).unwrap();
        parse_calendar(&path.to_string_lossy(), &text).unwrap()
    });
    Calendars::build(files.collect::<Vec<_>>()).unwrap()
}

fn after(at: Timestamp, seconds: i64) -> Timestamp {
    at + SignedDuration::from_secs(seconds)
}

fn target(chance: &mut StdRng) -> Target {
    match chance.random_range(0..5) {
        4 => {
            let (hour, minute) = (chance.random_range(0..24), chance.random_range(0..60));
            let text = format!("next-wd@{hour:02}:{minute:02}");
            Target::parse_of_clock(&text).unwrap()
        }
        0 => Target::WorkingHours(chance.random_range(1..60)),
        1 => Target::Minutes(chance.random_range(1..9_000)),
        2 => Target::CalendarDays(chance.random_range(1..100)),
        _ => Target::WorkingDays(chance.random_range(1..25)),
    }
}

/// More time of the target's own unit, in a third of the spells, once or twice.
fn extensions(chance: &mut StdRng, target: Target, started_at: Timestamp) -> Vec<Extension> {
    let mut count = chance.random_range(0..6_u32).saturating_sub(3);
    if matches!(target, Target::NextWorkingDayAt(_)) {
        count = 0;
    }
    let extensions = (0..count).map(|_| {
        let more = chance.random_range(1..10);
        Extension {
            at: after(started_at, chance.random_range(0..3_000_000)),
            by: match target {
                Target::WorkingHours(_) => Target::WorkingHours(more),
                Target::Minutes(_) => Target::Minutes(more * 100),
                Target::CalendarDays(_) => Target::CalendarDays(more),
                Target::WorkingDays(_) | Target::NextWorkingDayAt(_) => Target::WorkingDays(more),
            },
            reason: "more-time".to_owned(),
        }
    });
    extensions.collect()
}

/// A time of the day never waits.
fn pause_count(chance: &mut StdRng, target: Target) -> u32 {
    if matches!(target, Target::NextWorkingDayAt(_)) {
        0
    } else {
        chance.random_range(0..=5)
    }
}

/// Up to five pauses, most of hours and some of weeks; the last one may still go on.
fn spell(chance: &mut StdRng, calendar: &CalendarName) -> Spell {
    let first: Timestamp = "2025-01-01T00:00:00Z".parse().unwrap();
    let started_at = after(first, chance.random_range(0..94_000_000));
    let target = target(chance);
    let days = matches!(target, Target::CalendarDays(_));
    let mut spell = Spell {
        clock: ClockName::parse("decide").unwrap(),
        number: 1,
        started_at,
        calendar: calendar.clone(),
        target,
        status: SpellStatus::Running,
        ended_at: None,
        pauses: Vec::new(),
        counting: Counting {
            counts_first_day: days && chance.random_bool(0.5),
            count_day: if chance.random_bool(0.3) {
                CountDay::Touched
            } else {
                CountDay::AtEnd
            },
            roll: (days && chance.random_bool(0.5)).then_some(Roll::NextWorkingDay),
        },
        extensions: extensions(chance, target, started_at),
        concern: None,
        known_at: None,
    };
    let mut now = started_at;
    let pauses = pause_count(chance, target);
    for _ in 0..pauses {
        let from = after(now, chance.random_range(0..400_000));
        let length = if chance.random_bool(0.3) {
            2_000_000
        } else {
            90_000
        };
        let to = after(from, chance.random_range(1..length));
        spell.pauses.push(Pause {
            from,
            to: Some(to),
            state: StateName::parse("asking").unwrap(),
            at_most: chance
                .random_bool(0.3)
                .then(|| match chance.random_range(0..2) {
                    0 => Target::WorkingDays(chance.random_range(1..6)),
                    _ => Target::Minutes(chance.random_range(1..4_000)),
                }),
        });
        now = to;
    }
    match chance.random_range(0..3) {
        0 => {
            spell.status = if chance.random_bool(0.2) {
                SpellStatus::Cancelled
            } else {
                SpellStatus::Stopped
            };
            spell.ended_at = Some(after(now, chance.random_range(0..900_000)));
        }
        1 if !spell.pauses.is_empty() => {
            spell.status = SpellStatus::Paused;
            if let Some(last) = spell.pauses.last_mut() {
                last.to = None;
            }
        }
        _ => {}
    }
    spell
}

#[test]
fn clocks_at_random_are_written_down_with_our_readings() {
    let calendars = calendars();
    let names = [
        "scotland-bank-holidays",
        "south-ayrshire-council",
        "south-ayrshire-schools",
    ];
    let names = names.map(|name| CalendarName::parse(name).unwrap());
    let mut chance = StdRng::seed_from_u64(SEED);
    let mut lines = String::new();
    for i in 0..CASES {
        let name = &names[i % names.len()];
        let spell = spell(&mut chance, name);
        let calendar = calendars.load(name).unwrap();
        let as_of = after(spell.started_at, chance.random_range(0..6_000_000));
        let case = json!({
            "case": i,
            "spell": spell,
            "as_of": as_of,
            "ours": spell.reading(calendar, as_of),
        });
        lines.push_str(&case.to_string());
        lines.push('\n');
    }
    std::fs::write(out("clocks.jsonl"), &lines).unwrap();
    let written = std::fs::read_to_string(out("clocks.jsonl")).unwrap();
    let due = written
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap())
        .filter(|case| case["ours"]["due_at"].is_string());
    assert!(due.count() > CASES / 2, "seed {SEED}: most have a due date");
}
