//! What a clock's rule may add: a longest pause, other ways of counting, times learned late.

use super::tests::*;
use super::*;
use crate::domain::time::golden::{at, calendar, scotland};
use crate::domain::workflow::definition::Target;

const SENT: (&str, &str, &str) = ("sent", "sent", "2026-06-01T10:00+01");
const ASKED: (&str, &str, &str) = ("asked", "asking", "2026-06-03T14:00+01");

#[test]
fn a_pause_ends_by_itself_at_its_longest_and_the_clock_runs_on() {
    let capped = rule(
        "{ working-days: 10 }",
        ", pause_at_most: { asking: { working-days: 3 } }",
    );
    let spell = &fold(&capped, &[SENT, ASKED]).spells[0];
    let cap = spell.pauses[0].ends_by(&scottish());
    assert_eq!(
        cap,
        Some(at("2026-06-09T00:00+01")),
        "three days after Wednesday"
    );
    let before = spell.reading(&scottish(), at("2026-06-08T23:59+01"));
    assert_eq!((before.status, before.due_at), (SpellStatus::Paused, None));
    let after = spell.reading(&scottish(), at("2026-06-09T00:00+01"));
    assert_eq!(after.status, SpellStatus::Running);
    // 2 June was the first day, the 9th is the second, and the 15th is a holiday.
    assert_eq!(after.due_at, Some(at("2026-06-23T00:00+01")));
    // The answer comes after the cap: it changes nothing.
    let answered = ("answered", "sent", "2026-06-11T09:00+01");
    let spell = &fold(&capped, &[SENT, ASKED, answered]).spells[0];
    let late = spell.reading(&scottish(), at("2026-06-11T12:00+01"));
    assert_eq!(late.due_at, after.due_at);
}

#[test]
fn each_pausing_state_has_its_own_longest_pause() {
    let two: ClockRule = serde_saphyr::from_str(
        "{ title: T, target: { working-days: 10 }, start: [{ event: sent }], stop: [],
           pause_in: [asking, elsewhere], pause_at_most: { asking: { working-days: 3 } } }",
    )
    .unwrap();
    let gone = ("concern", "elsewhere", "2026-06-04T14:00+01");
    let spell = &fold(&two, &[SENT, ASKED, gone]).spells[0];
    assert_eq!(spell.pauses.len(), 2);
    let reading = spell.reading(&scottish(), at("2026-07-01T12:00Z"));
    assert_eq!(reading.status, SpellStatus::Paused, "the second has no cap");
    let asking_ms = spell.reading(&scottish(), at(gone.2)).paused_ms;
    assert_eq!(asking_ms, 24 * 3_600_000, "not a moment twice");
}

#[test]
fn ten_weeks_starting_on_a_monday_end_on_a_sunday_and_roll_where_it_is_said() {
    let weeks = |rest| rule("{ calendar-days: 70 }", rest);
    let received = [("sent", "sent", "2026-06-15T10:00+01")];
    for (rest, end) in [
        (", counts_first_day: true", "2026-08-24T00:00+01"),
        ("", "2026-08-25T00:00+01"),
        (
            ", counts_first_day: true, roll: next-working-day",
            "2026-08-25T00:00+01",
        ),
    ] {
        let reading = read(&weeks(rest), &received, "2026-07-01T12:00Z");
        assert_eq!(reading.due_at, Some(at(end)), "{rest}");
    }
}

#[test]
fn pausing_every_evening_gains_nothing_where_a_touched_day_counts() {
    let mut acts = vec![SENT];
    let evenings: Vec<(String, String)> = (1..=12)
        .map(|day| {
            (
                format!("2026-06-{day:02}T16:50+01"),
                format!("2026-06-{:02}T09:10+01", day + 1),
            )
        })
        .collect();
    for (evening, morning) in &evenings {
        acts.push(("asked", "asking", evening));
        acts.push(("answered", "sent", morning));
    }
    let as_of = "2026-06-14T12:00Z";
    let at_end = read(&days(5), &acts, as_of);
    assert_eq!(at_end.working_days, 0, "it never runs at midnight");
    let touched = rule("{ working-days: 5 }", ", count_day: touched");
    let touched = read(&touched, &acts, as_of);
    assert_eq!(touched.working_days, 9, "2 to 12 June");
    assert_eq!(touched.due_at, Some(at("2026-06-09T00:00+01")));
    assert_eq!(touched.met, Some(false));
}

#[test]
fn a_first_day_that_ends_in_a_pause_does_not_count() {
    let rule = rule("{ calendar-days: 2 }", ", counts_first_day: true");
    let asked = ("asked", "asking", "2026-06-01T16:00+01");
    let answered = ("answered", "sent", "2026-06-02T09:00+01");
    let reading = read(&rule, &[SENT, asked, answered], "2026-06-02T12:00Z");
    assert_eq!(reading.due_at, Some(at("2026-06-04T00:00+01")), "2 and 3");
    let reading = read(&rule, &[SENT], "2026-06-02T12:00Z");
    assert_eq!(reading.due_at, Some(at("2026-06-03T00:00+01")), "1 and 2");
}

#[test]
fn calendar_days_are_touched_at_the_weekend_too() {
    let touched = rule("{ calendar-days: 7 }", ", count_day: touched");
    let reading = read(&touched, &[SENT], "2026-06-05T12:00Z");
    assert_eq!(reading.due_at, Some(at("2026-06-09T00:00+01")), "2 to 8");
}

#[test]
fn a_whole_day_in_a_pause_is_not_touched() {
    let touched = rule("{ working-days: 5 }", ", count_day: touched");
    let answered = ("answered", "sent", "2026-06-05T09:00+01");
    let reading = read(&touched, &[SENT, ASKED, answered], "2026-06-05T12:00Z");
    // Tuesday 2, Wednesday 3 until 14:00; Thursday lies in the pause.
    assert_eq!(reading.due_at, Some(at("2026-06-10T00:00+01")));
    let open = read(&touched, &[SENT, ASKED], "2026-06-05T12:00Z");
    assert_eq!((open.working_days, open.due_at), (2, None));
}

#[test]
fn a_time_that_was_learned_late_stops_the_clock_when_it_happened() {
    let handover: ClockRule = serde_saphyr::from_str(
        "{ title: T, target: { minutes: 15 }, start: [{ event: concern }],
           stop: [{ event: answered, at: answered_at }] }",
    )
    .unwrap();
    let met = |answered_at: &str| {
        let answered_at: Value = answered_at.into();
        let coded = Map::from_iter([("answered_at".to_owned(), answered_at)]);
        let mut clocks = Clocks::default();
        for (event, when, coded) in [
            ("concern", "2026-06-05T16:10+01", &Map::new()),
            ("answered", "2026-06-05T17:30+01", &coded),
        ] {
            clocks.evolve(
                &rules(handover.clone()),
                ClockFact {
                    concern: None,
                    event,
                    occurred_at: at(when),
                    to: &StateName::parse("sent").unwrap(),
                    coded,
                    team: &TeamId::parse("ayr-north").unwrap(),
                    received_at: at(when),
                },
                &|_, _| scottish().name().clone(),
            );
        }
        let spell = &clocks.spells[0];
        let reading = spell.reading(&scottish(), at("2026-06-06T12:00Z"));
        (spell.ended_at, reading.met)
    };
    let (rang, written) = (at("2026-06-05T16:20+01"), at("2026-06-05T17:30+01"));
    assert_eq!(met("2026-06-05T15:20:00Z"), (Some(rang), Some(true)));
    // Not before the concern, not after it was written down, and no nonsense.
    let started = at("2026-06-05T16:10+01");
    assert_eq!(met("2026-06-05T09:00:00Z"), (Some(started), Some(true)));
    assert_eq!(met("2027-01-01T00:00:00Z"), (Some(written), Some(false)));
    assert_eq!(met("soon"), (Some(written), Some(false)));
}

#[test]
fn a_restart_ends_one_spell_and_begins_the_next() {
    let review: ClockRule = serde_saphyr::from_str(
        "{ title: T, target: { calendar-days: 84 }, start: [{ event: started }],
           restart: [{ event: reviewed }], stop: [{ event: ended }], pause_in: [asking] }",
    )
    .unwrap();
    let acts = [
        ("started", "helping", "2026-01-05T10:00Z"),
        ("reviewed", "helping", "2026-03-20T10:00Z"),
        ("reviewed", "helping", "2026-07-20T10:00+01"),
    ];
    let clocks = fold(&review, &acts);
    let met: Vec<_> = clocks
        .spells
        .iter()
        .map(|spell| spell.reading(&scottish(), at("2026-07-21T12:00Z")).met)
        .collect();
    assert_eq!(met, [Some(true), Some(false), None]);
    let starts: Vec<_> = clocks.spells.iter().map(|spell| spell.started_at).collect();
    assert_eq!(starts, acts.map(|act| at(act.2)));
}

#[test]
fn an_extension_moves_the_due_day_from_the_moment_it_was_given() {
    let mut clocks = fold(&days(5), &[SENT]);
    clocks.spells[0].extensions.push(Extension {
        at: at("2026-06-05T12:00+01"),
        by: Target::WorkingDays(3),
        reason: "family-asked".to_owned(),
    });
    let due = |as_of| clocks.spells[0].reading(&scottish(), at(as_of)).due_at;
    assert_eq!(due("2026-06-05T11:00+01"), Some(at("2026-06-09T00:00+01")));
    assert_eq!(due("2026-06-05T12:00+01"), Some(at("2026-06-12T00:00+01")));
}

#[test]
fn what_came_in_at_night_or_on_a_holiday_was_received_out_of_hours() {
    let mut file = scotland();
    file.cut_off = Some("16:00".parse().unwrap());
    let calendar = calendar(file);
    for (when, out) in [
        ("2026-06-01T08:59:59+01", true),
        ("2026-06-01T09:00+01", false),
        ("2026-06-01T15:59+01", false),
        ("2026-06-01T16:00+01", true),
        ("2026-06-06T11:00+01", true),
        ("2026-11-30T11:00Z", true),
    ] {
        let spell = &fold(&days(5), &[("sent", "sent", when)]).spells[0];
        assert_eq!(spell.received_out_of_hours(&calendar), out, "{when}");
    }
}
