use super::*;
use crate::domain::time::calendar::{Calendar, CalendarFile};
use crate::domain::time::golden::{at, calendar, closed_on, scotland};
use crate::domain::time::shipped::file;
use indexmap::IndexMap;
use jiff::civil::date;

const HOUR_MS: i64 = 3_600_000;

/// A rule as a definition holds it: `sent` starts, `agreed` stops, `withdrawn` cancels.
pub(super) fn rule(target: &str, rest: &str) -> ClockRule {
    let text = format!(
        "{{ title: T, target: {target}, start: [{{ event: sent }}], stop: [{{ event: agreed }}],
            cancel: [{{ event: withdrawn }}], pause_in: [asking] {rest} }}"
    );
    serde_saphyr::from_str(&text).unwrap()
}

pub(super) fn days(n: u32) -> ClockRule {
    rule(&format!("{{ working-days: {n} }}"), "")
}

pub(super) fn rules(rule: ClockRule) -> IndexMap<ClockName, ClockRule> {
    IndexMap::from([(ClockName::parse("decide").unwrap(), rule)])
}

pub(super) fn scottish() -> Calendar {
    calendar(scotland())
}

/// World Cup Monday, 15 June 2026, is in the file; the first vectors are from before it was.
fn without_world_cup() -> CalendarFile {
    let mut file = scotland();
    file.closures
        .retain(|closure| closure.from != date(2026, 6, 15));
    file
}

/// Acts as `(event, state after it, when)`.
pub(super) fn fold(rule: &ClockRule, acts: &[(&str, &str, &str)]) -> Clocks {
    let received = acts.first().map_or(Timestamp::UNIX_EPOCH, |act| at(act.2));
    fold_received(rule, received, acts)
}

fn fold_received(rule: &ClockRule, received_at: Timestamp, acts: &[(&str, &str, &str)]) -> Clocks {
    let rules = rules(rule.clone());
    let team = TeamId::parse("ayr-north").unwrap();
    let mut clocks = Clocks::default();
    for (event, state, when) in acts {
        let fact = ClockFact {
            concern: None,
            event,
            occurred_at: at(when),
            to: &StateName::parse(state).unwrap(),
            coded: &Map::new(),
            team: &team,
            received_at,
        };
        clocks.evolve(&rules, fact, &|_, team| {
            CalendarName::parse(&format!("of-{team}")).unwrap()
        });
    }
    clocks
}

pub(super) fn read(rule: &ClockRule, acts: &[(&str, &str, &str)], as_of: &str) -> Reading {
    fold(rule, acts).spells[0].reading(&scottish(), at(as_of))
}

const SENT: (&str, &str, &str) = ("sent", "sent", "2026-06-01T10:00+01");
const ASKED: (&str, &str, &str) = ("asked", "asking", "2026-06-03T14:00+01");
const ANSWERED: (&str, &str, &str) = ("answered", "sent", "2026-06-09T11:00+01");

#[test]
fn ten_days_with_a_pause_end_on_19_june_and_after_the_world_cup_closure_on_22_june() {
    let clocks = fold(&days(10), &[SENT, ASKED, ANSWERED]);
    let due = |calendar: &Calendar| {
        clocks.spells[0]
            .reading(calendar, at("2026-06-10T12:00Z"))
            .due_at
    };
    let plain = calendar(without_world_cup());
    assert_eq!(due(&plain), Some(plain.end_of_day(date(2026, 6, 19))));
    let revised = calendar(closed_on(without_world_cup(), date(2026, 6, 15)));
    assert_eq!(due(&revised), Some(revised.end_of_day(date(2026, 6, 22))));
}

#[test]
fn a_paused_clock_has_no_due_instant_and_counts_nothing() {
    let reading = read(&days(10), &[SENT, ASKED], "2026-06-08T18:00Z");
    assert_eq!(reading.status, SpellStatus::Paused);
    assert_eq!((reading.due_at, reading.met), (None, None));
    assert_eq!(
        reading.working_days, 1,
        "2 June; on 3 June it did not run at 24:00"
    );
    assert_eq!(reading.working_ms, (7 + 8 + 5) * HOUR_MS);
    assert_eq!(reading.paused_ms, (5 * 24 + 5) * HOUR_MS);
    assert_eq!(reading.elapsed_ms, (7 * 24 + 9) * HOUR_MS);
}

#[test]
fn asking_and_answering_on_one_day_changes_nothing_for_a_day_clock() {
    let quick = [SENT, ASKED, ("answered", "sent", "2026-06-03T16:00+01")];
    let as_of = "2026-06-12T12:00Z";
    let (with, without) = (
        read(&days(10), &quick, as_of),
        read(&days(10), &[SENT], as_of),
    );
    assert_eq!(
        (with.due_at, with.working_days),
        (without.due_at, without.working_days)
    );
}

#[test]
fn the_day_it_stops_in_counts_so_that_the_nth_working_day_is_n() {
    for (stopped, n, met) in [
        ("2026-06-01T16:00+01", 0, true),
        ("2026-06-02T09:00+01", 1, true),
        ("2026-06-08T23:59+01", 5, true),
        ("2026-06-09T00:01+01", 6, false),
        // Saturday after day 4: the day that would end next is day 5.
        ("2026-06-06T12:00+01", 5, true),
    ] {
        let reading = read(
            &days(5),
            &[SENT, ("agreed", "helping", stopped)],
            "2026-08-01T00:00Z",
        );
        assert_eq!(
            (reading.working_days, reading.met),
            (n, Some(met)),
            "{stopped}"
        );
    }
}

#[test]
fn an_open_clock_counts_the_days_that_are_over() {
    for (as_of, n, met) in [
        ("2026-06-01T23:00+01", 0, None),
        ("2026-06-02T23:59+01", 0, None),
        ("2026-06-03T00:00+01", 1, None),
        ("2026-06-09T00:00+01", 5, None),
        ("2026-06-09T00:00:01+01", 5, Some(false)),
    ] {
        let reading = read(&days(5), &[SENT], as_of);
        assert_eq!((reading.working_days, reading.met), (n, met), "{as_of}");
    }
}

#[test]
fn a_pause_after_a_missed_target_does_not_undo_it() {
    let asked_late = ("asked", "asking", "2026-06-09T09:00+01");
    let reading = read(&days(5), &[SENT, asked_late], "2026-06-20T12:00Z");
    assert_eq!(reading.status, SpellStatus::Paused);
    assert_eq!(reading.met, Some(false));
    assert_eq!(reading.due_at, Some(at("2026-06-09T00:00+01")));
    let withdrawn = ("withdrawn", "withdrawn", "2026-06-21T09:00+01");
    let reading = read(
        &days(5),
        &[SENT, asked_late, withdrawn],
        "2026-06-30T12:00Z",
    );
    assert_eq!(
        (reading.status, reading.met),
        (SpellStatus::Cancelled, Some(false))
    );
}

#[test]
fn a_clock_that_is_cancelled_in_time_is_neither_met_nor_missed() {
    let withdrawn = ("withdrawn", "withdrawn", "2026-06-03T09:00+01");
    let reading = read(&days(5), &[SENT, withdrawn], "2026-08-30T12:00Z");
    assert_eq!(
        (reading.status, reading.met),
        (SpellStatus::Cancelled, None)
    );
}

#[test]
fn a_reading_in_the_past_sees_nothing_that_came_later() {
    let agreed = ("agreed", "helping", "2026-06-12T09:00+01");
    let acts = [SENT, ASKED, ANSWERED, agreed];
    for seen in 1..acts.len() {
        let as_of = acts[seen].2;
        let just_before = at(as_of)
            .saturating_sub(jiff::SignedDuration::from_secs(1))
            .unwrap();
        let now = fold(&days(5), &acts).spells[0].reading(&scottish(), just_before);
        let then = fold(&days(5), &acts[..seen]).spells[0].reading(&scottish(), just_before);
        assert_eq!(now, then, "before {as_of}");
    }
}

#[test]
fn a_clock_stopped_while_paused_has_not_used_the_pause() {
    let agreed = ("agreed", "helping", "2026-06-19T09:00+01");
    let reading = read(&days(1), &[SENT, ASKED, agreed], "2026-06-30T12:00Z");
    assert_eq!(
        (reading.status, reading.met),
        (SpellStatus::Stopped, Some(false))
    );
    let reading = read(&days(2), &[SENT, ASKED, agreed], "2026-06-30T12:00Z");
    assert_eq!((reading.working_days, reading.met), (2, Some(true)));
}

#[test]
fn hour_clocks_add_up_the_windows_in_which_they_ran() {
    let rule = rule("{ working-hours: 16 }", "");
    let reading = read(&rule, &[SENT, ASKED, ANSWERED], "2026-06-09T12:00+01");
    // 7 h on Monday, 8 on Tuesday; the last one on Wednesday morning, before the pause.
    assert_eq!(reading.due_at, Some(at("2026-06-03T10:00+01")));
    assert_eq!(reading.met, Some(false));
    assert_eq!(reading.working_ms, (7 + 8 + 5 + 1) * HOUR_MS);
    let rule = self::rule("{ working-hours: 21 }", "");
    let reading = read(&rule, &[SENT, ASKED, ANSWERED], "2026-06-09T11:30+01");
    assert_eq!(
        (reading.due_at, reading.met),
        (Some(at("2026-06-09T12:00+01")), None)
    );
    assert_eq!(
        read(&rule, &[SENT, ASKED], "2026-06-30T12:00Z").due_at,
        None
    );
}

#[test]
fn minutes_run_by_the_wall_clock_at_night_too() {
    let night = ("sent", "sent", "2026-03-29T00:50Z");
    let reading = read(&rule("{ minutes: 15 }", ""), &[night], "2026-03-29T01:06Z");
    assert_eq!(
        (reading.due_at, reading.met),
        (Some(at("2026-03-29T01:05Z")), Some(false))
    );
}

#[test]
fn calendar_days_end_at_24_00_local_over_a_change_of_the_clock() {
    let reading = read(
        &rule("{ calendar-days: 70 }", ""),
        &[("sent", "sent", "2026-09-14T20:00+01")],
        "2026-10-01T12:00Z",
    );
    assert_eq!(reading.due_at, Some(at("2026-11-24T00:00Z")));
}

#[test]
fn a_target_of_no_days_is_due_at_the_end_of_the_same_day() {
    let reading = read(&days(0), &[SENT], "2026-06-01T23:30+01");
    assert_eq!(
        (reading.due_at, reading.met),
        (Some(at("2026-06-02T00:00+01")), None)
    );
}

#[test]
fn a_second_start_while_running_is_ignored_and_after_the_end_needs_again() {
    let again = ("sent", "sent", "2026-06-20T10:00+01");
    let agreed = ("agreed", "helping", "2026-06-03T09:00+01");
    assert_eq!(fold(&days(5), &[SENT, again]).spells.len(), 1);
    assert_eq!(fold(&days(5), &[SENT, agreed, again]).spells.len(), 1);
    let rule = rule("{ working-days: 5 }", ", again: true, anchor: received");
    let received = at("2026-05-28T10:00+01");
    let clocks = fold_received(&rule, received, &[SENT, again, agreed, again]);
    let started: Vec<_> = clocks
        .spells
        .iter()
        .map(|s| (s.number, s.started_at))
        .collect();
    assert_eq!(started, [(1, received), (2, at(again.2))]);
    assert_eq!(clocks.spells[0].status, SpellStatus::Stopped);
    let newest = clocks.find_newest(&ClockName::parse("decide").unwrap());
    assert_eq!(newest, clocks.spells.last());
}

#[test]
fn a_receipt_dated_after_the_sending_does_not_move_the_start_forward() {
    let rule = rule("{ working-days: 5 }", ", anchor: received");
    let clocks = fold_received(&rule, at("2026-06-05T10:00Z"), &[SENT]);
    assert_eq!(clocks.spells[0].started_at, at(SENT.2));
}

#[test]
fn one_event_has_one_effect_and_stopping_comes_first() {
    let all = serde_saphyr::from_str::<ClockRule>(
        "{ title: T, target: { working-days: 5 }, start: [{ event: e }, { event: s }],
           stop: [{ event: e }], cancel: [{ event: e }, { event: c }], pause_in: [asking], again: true }",
    )
    .unwrap();
    let status = |acts: &[(&str, &str, &str)]| {
        fold(&all, acts)
            .spells
            .iter()
            .map(|s| s.status)
            .collect::<Vec<_>>()
    };
    let start = ("s", "sent", "2026-06-01T10:00Z");
    // What is done at once counts as done.
    assert_eq!(
        status(&[("e", "sent", "2026-06-01T10:00Z")]),
        [SpellStatus::Stopped]
    );
    assert_eq!(
        status(&[start, ("e", "asking", "2026-06-02T10:00Z")]),
        [SpellStatus::Stopped]
    );
    assert_eq!(
        status(&[start, ("c", "asking", "2026-06-02T10:00Z")]),
        [SpellStatus::Cancelled]
    );
    assert_eq!(
        status(&[start, ("s", "asking", "2026-06-02T10:00Z")]),
        [SpellStatus::Paused]
    );
    let back = ("s", "sent", "2026-06-03T10:00Z");
    assert_eq!(
        status(&[start, ("s", "asking", "2026-06-02T10:00Z"), back]),
        [SpellStatus::Running]
    );
}

#[test]
fn a_clock_that_starts_in_a_pausing_state_starts_paused() {
    let clocks = fold(&days(5), &[("sent", "asking", "2026-06-01T10:00Z")]);
    assert_eq!(clocks.spells[0].status, SpellStatus::Paused);
}

#[test]
fn a_pause_from_midnight_on_leaves_the_day_before_counted() {
    let asked = ("asked", "asking", "2026-06-09T00:00+01");
    let reading = read(&days(5), &[SENT, asked], "2026-06-20T12:00Z");
    assert_eq!((reading.working_days, reading.met), (5, None));
    let agreed = ("agreed", "helping", "2026-06-20T13:00+01");
    let reading = read(&days(5), &[SENT, asked, agreed], "2026-06-30T12:00Z");
    assert_eq!((reading.working_days, reading.met), (5, Some(true)));
}

#[test]
fn moving_between_two_pausing_states_is_one_pause() {
    let other = ("asked", "asking", "2026-06-04T14:00+01");
    let clocks = fold(&days(5), &[SENT, ASKED, other, ANSWERED]);
    assert_eq!(clocks.spells[0].pauses.len(), 1);
}

#[test]
fn a_trigger_with_a_condition_waits_for_it() {
    let urgent: ClockRule = serde_saphyr::from_str(
        "{ title: T, target: { working-days: 1 }, start: [{ event: sent, when: data.urgency == 'urgent' }], stop: [] }",
    )
    .unwrap();
    assert!(fold(&urgent, &[SENT]).spells.is_empty());
}

#[test]
fn the_calendar_is_fixed_when_the_clock_starts() {
    let clocks = fold(&days(5), &[SENT]);
    assert_eq!(clocks.spells[0].calendar.as_str(), "of-ayr-north");
    assert!(file("all-hours").closures.is_empty());
}
