//! Golden vectors of a time on the next working day, worked out by hand; `tests/oracles/clocks.py`
//! works them out once more. And a run of a clock for each concern.

use super::tests::{rule, rules};
use super::*;
use crate::domain::time::calendar::Calendar;
use crate::domain::time::golden::{at, calendar, scotland};
use crate::domain::time::ladder::{Next, Step};
use crate::domain::time::shipped::file;
use crate::domain::workflow::definition::{Ladder, Offset, Rung};

fn due(calendar: &Calendar, start: &str) -> Timestamp {
    let ten: Target = Target::parse_of_clock("next-wd@10:00").unwrap();
    let Target::NextWorkingDayAt(ten) = ten else {
        panic!("a time of the next working day")
    };
    calendar.next_working_day_at(at(start), ten.time())
}

#[test]
fn ten_on_the_next_working_day_is_that_of_the_first_day_that_opens_after_it() {
    // Monday to Friday, 9 to 5, bank holidays of Scotland.
    let scotland = calendar(scotland());
    for (start, due_at) in [
        // In the opening hours, and at the very opening: the day after.
        ("2026-06-02T09:00+01", "2026-06-03T10:00+01"),
        ("2026-06-02T10:00+01", "2026-06-03T10:00+01"),
        ("2026-06-02T16:59+01", "2026-06-03T10:00+01"),
        ("2026-06-02T23:30+01", "2026-06-03T10:00+01"),
        // The night before a working day belongs to the day before.
        ("2026-06-03T00:30+01", "2026-06-03T10:00+01"),
        ("2026-06-03T08:59+01", "2026-06-03T10:00+01"),
        // A weekend.
        ("2026-06-05T15:00+01", "2026-06-08T10:00+01"),
        ("2026-06-06T02:00+01", "2026-06-08T10:00+01"),
        ("2026-06-07T23:59+01", "2026-06-08T10:00+01"),
        // Good Friday; Easter Monday is no bank holiday of Scotland.
        ("2026-04-02T12:00+01", "2026-04-06T10:00+01"),
        ("2026-04-03T09:30+01", "2026-04-06T10:00+01"),
        // St Andrew's Day after a weekend, and the Friday before it.
        ("2026-11-27T16:30Z", "2026-12-01T10:00Z"),
        ("2026-11-30T00:10Z", "2026-12-01T10:00Z"),
        // Christmas Day on a Friday, Boxing Day kept on Monday; the second of January on the fourth.
        ("2026-12-24T18:00Z", "2026-12-29T10:00Z"),
        ("2026-12-31T12:00Z", "2027-01-05T10:00Z"),
        // The clocks go forward on 29 March and back on 25 October.
        ("2026-03-28T23:00Z", "2026-03-30T10:00+01"),
        ("2026-10-24T23:30+01", "2026-10-26T10:00Z"),
    ] {
        assert_eq!(due(&scotland, start), at(due_at), "{start}");
    }
    // The council closes on Easter Monday and works on St Andrew's Day.
    let council = calendar_of_council();
    assert_eq!(
        due(&council, "2026-04-02T12:00+01"),
        at("2026-04-07T10:00+01")
    );
    assert_eq!(due(&council, "2026-11-27T16:30Z"), at("2026-11-30T10:00Z"));
    // Where it is always open, every day opens at midnight.
    let all_hours = calendar(file("all-hours"));
    assert_eq!(
        due(&all_hours, "2026-06-06T02:00+01"),
        at("2026-06-07T10:00+01")
    );
}

fn calendar_of_council() -> Calendar {
    calendar(file("south-ayrshire-council"))
}

fn spell() -> Spell {
    let mut rule = rule("{ next-working-day-at: \"10:00\" }", "");
    rule.pause_in.clear();
    let acts = [("sent", None, "2026-06-05T23:00+01")];
    fold(&rule, &acts).spells[0].clone()
}

#[test]
fn a_time_of_the_next_working_day_is_met_at_the_instant_and_missed_after_it() {
    let calendar = calendar(scotland());
    let spell = spell();
    let inside = spell.reading(&calendar, at("2026-06-08T10:00+01"));
    assert_eq!(
        (inside.due_at, inside.met),
        (Some(at("2026-06-08T10:00+01")), None)
    );
    let after = spell.reading(&calendar, at("2026-06-08T10:00:01+01"));
    assert_eq!(after.met, Some(false));
    let steady = spell.steady(&calendar).unwrap();
    let as_of = at("2026-06-09T09:00+01");
    assert_eq!(steady.verdict(as_of), spell.verdict(&calendar, as_of));
    let strip = spell.strip(&calendar, at("2026-06-06T09:00+01"));
    let told = strip.sentence(&spell, &|state| state.to_string());
    let expected = "Due on Monday 8 June 2026: 10:00 on the next working day after Friday 5 June.";
    assert_eq!(told, expected);
}

#[test]
fn rungs_after_a_time_of_the_day_come_at_the_same_time_of_later_working_days() {
    let calendar = calendar(scotland());
    let rung = |at: &str| Rung {
        at: at.parse().unwrap(),
        tell: Vec::new(),
        missed: at == "0",
        every: None,
        at_most: None,
    };
    let mut last = rung("+1wd");
    (last.every, last.at_most) = (Some(Target::WorkingDays(1)), Some(6));
    let ladder = Ladder(vec![rung("0"), last]);
    let mut raised: Option<Step> = None;
    let mut found = Vec::new();
    while let Some(Next { step, due }) = spell().next_step(&ladder, &calendar, raised) {
        found.push(due.unwrap().due_at);
        raised = Some(step);
    }
    // 15 June 2026 is a bank holiday.
    let days = ["08", "09", "10", "11", "12", "16", "17"];
    let expected: Vec<Timestamp> = days
        .iter()
        .map(|day| at(&format!("2026-06-{day}T10:00+01")))
        .collect();
    assert_eq!(found, expected);
    assert_eq!(raised.unwrap().rung, "+1wd".parse::<Offset>().unwrap());
}

/// Acts as `(event, concern, when)`.
fn fold(rule: &ClockRule, acts: &[(&str, Option<u32>, &str)]) -> Clocks {
    let rules = rules(rule.clone());
    let team = TeamId::parse("ayr-north").unwrap();
    let mut clocks = Clocks::default();
    for (event, concern, when) in acts {
        let fact = ClockFact {
            event,
            occurred_at: at(when),
            to: &StateName::parse("sent").unwrap(),
            coded: &Map::new(),
            team: &team,
            received_at: at(when),
            concern: *concern,
        };
        clocks.evolve(&rules, fact, &|_, _| {
            CalendarName::parse("all-hours").unwrap()
        });
    }
    clocks
}

#[test]
fn each_concern_has_a_run_of_its_own_and_an_answer_to_one_leaves_the_other_open() {
    let rule = rule("{ minutes: 15 }", "");
    let clocks = fold(
        &rule,
        &[
            ("sent", Some(1), "2026-06-01T11:00+01"),
            ("sent", Some(2), "2026-06-01T11:05+01"),
            ("agreed", Some(2), "2026-06-01T11:10+01"),
        ],
    );
    let runs: Vec<_> = clocks
        .spells
        .iter()
        .map(|spell| (spell.number, spell.concern, spell.status))
        .collect();
    assert_eq!(
        runs,
        [
            (1, Some(1), SpellStatus::Running),
            (2, Some(2), SpellStatus::Stopped)
        ]
    );
    let name = ClockName::parse("decide").unwrap();
    assert_eq!(clocks.find_standing(&name).unwrap().number, 1);
    // What is about no concern touches every run that is open.
    let clocks = fold(
        &rule,
        &[
            ("sent", Some(1), "2026-06-01T11:00+01"),
            ("sent", Some(2), "2026-06-01T11:05+01"),
            ("withdrawn", None, "2026-06-01T11:10+01"),
        ],
    );
    let open = clocks.spells.iter().filter(|spell| spell.status.is_open());
    assert_eq!(open.count(), 0);
}
