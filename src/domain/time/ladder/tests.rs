use super::*;
use crate::domain::ids::{ClockName, StateName};
use crate::domain::time::clock::{Counting, Extension, Pause, SpellStatus};
use crate::domain::time::golden::{at, calendar, scotland};
use crate::domain::time::shipped::file;
use crate::domain::workflow::definition::Target;

pub(super) fn rung(at: &str) -> Rung {
    Rung {
        at: at.parse().unwrap(),
        tell: Vec::new(),
        missed: at == "0",
        every: None,
        at_most: None,
    }
}

pub(super) fn ladder(offsets: &[&str]) -> Ladder {
    Ladder(offsets.iter().map(|at| rung(at)).collect())
}

pub(super) fn spell(target: &str, start: &str) -> Spell {
    Spell {
        clock: ClockName::parse("decide").unwrap(),
        number: 1,
        started_at: at(start),
        calendar: scotland().calendar,
        target: target.parse().unwrap(),
        status: SpellStatus::Running,
        ended_at: None,
        pauses: Vec::new(),
        counting: Counting::default(),
        extensions: Vec::new(),
        concern: None,
        known_at: None,
    }
}

fn pause(spell: &mut Spell, from: &str, to: Option<&str>) {
    spell.pauses.push(Pause {
        from: at(from),
        to: to.map(at),
        state: StateName::parse("asking").unwrap(),
        at_most: None,
    });
    if to.is_none() {
        spell.status = SpellStatus::Paused;
    }
}

/// Every step that comes when nothing more happens, with its instant.
pub(super) fn climb(spell: &Spell, ladder: &Ladder, calendar: &Calendar) -> Vec<(String, Due)> {
    let mut found = Vec::new();
    let mut raised = None;
    while let Some(Next { step, due }) = spell.next_step(ladder, calendar, raised) {
        let Some(due) = due else { break };
        found.push((format!("{}#{}", step.rung, step.occurrence), due));
        raised = Some(step);
    }
    found
}

#[track_caller]
fn comes(spell: &Spell, ladder: &Ladder, wanted: &[(&str, &str)]) {
    let calendar = calendar(scotland());
    let found: Vec<(String, Timestamp)> = climb(spell, ladder, &calendar)
        .into_iter()
        .map(|(step, due)| (step, due.due_at))
        .collect();
    let wanted: Vec<(String, Timestamp)> = wanted
        .iter()
        .map(|(step, when)| ((*step).to_owned(), at(when)))
        .collect();
    assert_eq!(found, wanted);
}

#[test]
fn a_clock_of_working_days_has_its_rungs_at_openings() {
    let mut again = rung("+5wd");
    (again.every, again.at_most) = (Some(Target::WorkingDays(5)), Some(2));
    let mut ladder = ladder(&["-3wd", "-1wd", "0"]);
    ladder.0.push(again);
    // Day 5 is Monday 8 June; Monday 15 June is a holiday.
    comes(
        &spell("5wd", "2026-06-01T10:00+01"),
        &ladder,
        &[
            ("-3wd#1", "2026-06-03T09:00+01"),
            ("-1wd#1", "2026-06-05T09:00+01"),
            ("0#1", "2026-06-09T09:00+01"),
            ("+5wd#1", "2026-06-17T09:00+01"),
            ("+5wd#2", "2026-06-24T09:00+01"),
        ],
    );
}

#[test]
fn a_clock_of_working_hours_has_them_at_the_exact_instant() {
    // Over a weekend in which the clocks change.
    comes(
        &spell("4wh", "2026-03-27T16:30Z"),
        &ladder(&["-1wh", "0", "+2wh"]),
        &[
            ("-1wh#1", "2026-03-30T11:30+01"),
            ("0#1", "2026-03-30T12:30+01"),
            ("+2wh#1", "2026-03-30T14:30+01"),
        ],
    );
}

#[test]
fn a_clock_by_the_wall_knows_no_night_and_no_weekend() {
    comes(
        &spell("15min", "2026-06-05T16:10+01"),
        &ladder(&["-10min", "0", "+15min"]),
        &[
            ("-10min#1", "2026-06-05T16:15+01"),
            ("0#1", "2026-06-05T16:25+01"),
            ("+15min#1", "2026-06-05T16:40+01"),
        ],
    );
}

#[test]
fn a_clock_of_calendar_days_has_them_at_midnight() {
    // Ten weeks "starting on the date" end on Sunday 23 August.
    let mut weeks = spell("10w", "2026-06-15T10:00+01");
    weeks.counting.counts_first_day = true;
    comes(
        &weeks,
        &ladder(&["-2w", "-1d", "0", "+1w"]),
        &[
            ("-2w#1", "2026-08-09T00:00+01"),
            ("-1d#1", "2026-08-22T00:00+01"),
            ("0#1", "2026-08-24T00:00+01"),
            ("+1w#1", "2026-08-31T00:00+01"),
        ],
    );
}

#[test]
fn a_pause_moves_the_rungs_that_are_still_to_come() {
    let ladder = ladder(&["-9wd", "-3wd", "0"]);
    let mut paused = spell("10wd", "2026-06-01T10:00+01");
    pause(&mut paused, "2026-06-03T14:00+01", None);
    let calendar = calendar(scotland());
    let next = paused.next_step(&ladder, &calendar, None).unwrap();
    assert_eq!(next.due, None, "nothing while it is paused");
    paused.pauses.clear();
    pause(
        &mut paused,
        "2026-06-03T14:00+01",
        Some("2026-06-09T11:00+01"),
    );
    paused.status = SpellStatus::Running;
    // Due at the end of Monday 22 June. The first was due before the pause and keeps its instant.
    comes(
        &paused,
        &ladder,
        &[
            ("-9wd#1", "2026-06-02T09:00+01"),
            ("-3wd#1", "2026-06-17T09:00+01"),
            ("0#1", "2026-06-23T09:00+01"),
        ],
    );
    let due = climb(&paused, &ladder, &calendar)[0].1;
    assert!(!due.is_ready(at("2026-06-08T12:00+01")), "it is paused");
    assert!(due.is_ready(at("2026-06-09T11:00+01")));
}

#[test]
fn a_rung_that_falls_into_a_pause_comes_as_the_clock_runs_again() {
    let mut paused = spell("5wd", "2026-06-01T10:00+01");
    pause(
        &mut paused,
        "2026-06-03T08:00+01",
        Some("2026-06-03T11:00+01"),
    );
    comes(
        &paused,
        &ladder(&["-3wd", "-2wd"]),
        &[
            ("-3wd#1", "2026-06-03T11:00+01"),
            ("-2wd#1", "2026-06-04T09:00+01"),
        ],
    );
}

#[test]
fn a_rung_that_falls_into_a_pause_from_the_first_moment_on_comes_as_the_clock_runs_again() {
    let mut paused = spell("2d", "2026-01-01T00:00Z");
    pause(&mut paused, "2026-01-01T00:00Z", Some("2026-01-02T00:01Z"));
    comes(
        &paused,
        &ladder(&["-1d", "0"]),
        &[("-1d#1", "2026-01-02T00:01Z"), ("0#1", "2026-01-04T00:00Z")],
    );
}

#[test]
fn a_pause_that_ends_by_itself_lets_the_rungs_come_without_an_act() {
    let mut paused = spell("5wd", "2026-06-01T10:00+01");
    pause(&mut paused, "2026-06-02T12:00+01", None);
    paused.pauses[0].at_most = Some(Target::WorkingDays(2));
    // Until the end of Thursday 4 June; Friday is day 1, the 11th is day 5.
    comes(
        &paused,
        &ladder(&["-1wd", "0"]),
        &[
            ("-1wd#1", "2026-06-10T09:00+01"),
            ("0#1", "2026-06-12T09:00+01"),
        ],
    );
}

#[test]
fn more_time_moves_what_has_not_come_yet() {
    let mut extended = spell("5wd", "2026-06-01T10:00+01");
    extended.extensions.push(Extension {
        at: at("2026-06-04T12:00+01"),
        by: Target::WorkingDays(2),
        reason: "awaiting-report".to_owned(),
    });
    comes(
        &extended,
        &ladder(&["-3wd", "-1wd", "0"]),
        &[
            ("-3wd#1", "2026-06-03T09:00+01"),
            ("-1wd#1", "2026-06-09T09:00+01"),
            ("0#1", "2026-06-11T09:00+01"),
        ],
    );
}

#[test]
fn a_target_that_was_missed_before_anybody_knew_is_told_once_and_not_the_whole_ladder() {
    let mut late = spell("5wd", "2026-06-01T10:00+01");
    late.known_at = Some(at("2026-06-10T12:00+01"));
    let offsets = ["-3wd", "-1wd", "0", "+1wd", "+5wd"];
    comes(
        &late,
        &ladder(&offsets),
        &[
            ("0#1", "2026-06-09T09:00+01"),
            ("+5wd#1", "2026-06-17T09:00+01"),
        ],
    );
    // Inside the target: the last of what passed, and then the rest.
    late.known_at = Some(at("2026-06-05T12:00+01"));
    comes(
        &late,
        &ladder(&offsets),
        &[
            ("-1wd#1", "2026-06-05T09:00+01"),
            ("0#1", "2026-06-09T09:00+01"),
            ("+1wd#1", "2026-06-10T09:00+01"),
            ("+5wd#1", "2026-06-17T09:00+01"),
        ],
    );
    let due = climb(&late, &ladder(&offsets), &calendar(scotland()))[0].1;
    assert_eq!(due.ready_at, at("2026-06-05T12:00+01"));
}

#[test]
fn at_the_last_instant_of_the_target_it_is_not_missed_yet() {
    let minutes = spell("15min", "2026-06-05T16:10+01");
    let all_hours = calendar(file("all-hours"));
    let due = climb(&minutes, &ladder(&["0"]), &all_hours)[0].1;
    assert!(!due.is_ready(at("2026-06-05T16:25:00+01")));
    assert!(due.is_ready(at("2026-06-05T16:25:00.000001+01")));
}

#[test]
fn an_ended_clock_has_no_rungs() {
    let mut ended = spell("5wd", "2026-06-01T10:00+01");
    ended.status = SpellStatus::Stopped;
    ended.ended_at = Some(at("2026-06-20T10:00+01"));
    let calendar = calendar(scotland());
    assert_eq!(ended.next_step(&ladder(&["0"]), &calendar, None), None);
}
