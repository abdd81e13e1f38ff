use super::*;
use crate::domain::ids::ClockName;
use crate::domain::time::calendar::CalendarFile;
use crate::domain::time::clock::{Extension, Pause};
use crate::domain::time::golden::{at, calendar, scotland};
use crate::domain::workflow::definition::CountDay;
use jiff::civil::date;
use proptest::prelude::*;
use std::sync::LazyLock;

static SCOTLAND: LazyLock<Calendar> = LazyLock::new(|| calendar(scotland()));

fn spell(start: &str, target: Target) -> Spell {
    Spell {
        clock: ClockName::parse("decide").unwrap(),
        number: 1,
        started_at: at(start),
        calendar: SCOTLAND.name().clone(),
        target,
        status: SpellStatus::Running,
        ended_at: None,
        pauses: Vec::new(),
        counting: Default::default(),
        extensions: Vec::new(),
        concern: None,
        known_at: None,
    }
}

fn pause(from: Timestamp, to: Option<Timestamp>) -> Pause {
    let state = StateName::parse("awaiting-answer").unwrap();
    Pause {
        from,
        to,
        state,
        at_most: None,
    }
}

#[test]
fn saint_andrews_day_is_named_and_not_counted() {
    let spell = spell("2026-11-26T10:00Z", Target::WorkingDays(3));
    let strip = spell.strip(&SCOTLAND, at("2026-11-27T09:00Z"));
    let lines: Vec<String> = strip
        .days
        .iter()
        .map(|day| {
            if let Reason::Closed { name } = &day.reason {
                format!("{} {name}", day.date.day())
            } else {
                format!("{} {:?} {}", day.date.day(), day.reason, day.counted_days)
            }
        })
        .collect();
    assert_eq!(
        lines,
        [
            "26 Received 0",
            "27 Counted 1",
            "28 Saturday",
            "29 Sunday",
            "30 St Andrew’s Day",
            "1 Counted 2",
            "2 Due 3"
        ]
    );
}

#[test]
fn a_clock_that_is_paused_inside_its_target_has_no_due_date() {
    let mut spell = spell("2026-11-26T10:00Z", Target::WorkingDays(3));
    spell.pauses.push(pause(at("2026-11-27T12:00Z"), None));
    spell.status = SpellStatus::Paused;
    let strip = spell.strip(&SCOTLAND, at("2026-12-01T09:00Z"));
    assert_eq!((strip.due_at, strip.due_on), (None, None));
    let last = strip.days.last().unwrap();
    assert_eq!(last.date, date(2026, 12, 1));
    assert!(matches!(last.reason, Reason::Paused { since, .. } if since == date(2026, 11, 27)));
}

#[test]
fn a_long_strip_is_cut_and_says_so() {
    let spell = spell("2026-01-05T10:00Z", Target::CalendarDays(1_000));
    let strip = spell.strip(&SCOTLAND, at("2026-01-06T10:00Z"));
    assert_eq!((strip.days.len(), strip.is_cut), (DAYS_MAX, true));
}

fn targets() -> impl Strategy<Value = Target> {
    prop_oneof![
        (1u32..15).prop_map(Target::WorkingDays),
        (1u32..80).prop_map(Target::WorkingHours),
        (1u32..20_000).prop_map(Target::Minutes),
        (1u32..21).prop_map(Target::CalendarDays),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(10_000))]

    #[test]
    fn what_counted_up_to_the_due_date_is_the_target(
        start in 0i64..525_600, turns in prop::collection::vec(1i64..5_760, 0..6),
        target in targets(), later in 0i64..20_000, counts_first_day: bool, touched: bool,
    ) {
        let after = |from: Timestamp, minutes| {
            from.saturating_add(SignedDuration::from_mins(minutes)).unwrap()
        };
        let mut spell = spell("2026-01-01T00:00Z", target);
        spell.started_at = after(spell.started_at, start);
        // A target of no days has no first one.
        let some_days = matches!(target, Target::CalendarDays(1..));
        spell.counting.counts_first_day = counts_first_day && some_days;
        spell.counting.count_day = if touched { CountDay::Touched } else { CountDay::AtEnd };
        let mut now = spell.started_at;
        for (turn, minutes) in turns.into_iter().enumerate() {
            now = after(now, minutes);
            if turn % 2 == 0 {
                spell.pauses.push(pause(now, None));
                spell.status = SpellStatus::Paused;
            } else {
                spell.pauses.last_mut().unwrap().to = Some(now);
                spell.status = SpellStatus::Running;
            }
        }
        let as_of = after(now, later);
        let strip = spell.strip(&SCOTLAND, as_of);
        prop_assert_eq!(strip.days[0].date, SCOTLAND.local_date(spell.started_at));
        for pair in strip.days.windows(2) {
            prop_assert_eq!(pair[0].date.tomorrow().unwrap(), pair[1].date);
        }
        let due_at = spell.reading(&SCOTLAND, as_of).due_at;
        prop_assert_eq!(strip.due_at, due_at);
        prop_assert_eq!(strip.due_on.is_some(), due_at.is_some());
        if let Some(due_on) = strip.due_on {
            let due_at = due_at.unwrap();
            prop_assert!(due_at <= SCOTLAND.end_of_day(due_on) && due_at > SCOTLAND.start_of_day(due_on));
            let until_due = strip.days.iter().filter(|day| day.date <= due_on);
            let days = until_due.clone().filter(|day| day.counted).count() as i64;
            let ms: i64 = until_due.map(|day| day.counted_ms).sum();
            match target {
                Target::WorkingDays(n) | Target::CalendarDays(n) => prop_assert_eq!(days, i64::from(n)),
                Target::WorkingHours(n) => prop_assert!(ms >= i64::from(n) * 3_600_000),
                Target::Minutes(n) => prop_assert!(ms >= i64::from(n) * 60_000),
                Target::NextWorkingDayAt(_) => prop_assert_eq!((days, ms), (0, 0)),
            }
        }
    }
}

#[test]
fn the_sentence_names_the_day_the_target_and_the_holiday() {
    let spell = spell("2026-11-26T10:00Z", Target::WorkingDays(3));
    let strip = spell.strip(&SCOTLAND, at("2026-11-27T09:00Z"));
    assert_eq!(
        strip.sentence(&spell, &|state| state.to_string()),
        "Due at the end of Wednesday 2 December 2026: 3 working days after Thursday 26 November; \
         30 November is St Andrew’s Day."
    );
}

#[test]
fn an_extension_and_the_end_of_a_capped_pause_are_told() {
    let mut spell = spell("2026-06-01T10:00+01", Target::WorkingDays(5));
    spell.pauses.push(Pause {
        from: at("2026-06-02T09:00+01"),
        to: None,
        state: StateName::parse("asking").unwrap(),
        at_most: Some(Target::WorkingDays(2)),
    });
    spell.status = SpellStatus::Paused;
    spell.extensions.push(Extension {
        at: at("2026-06-05T12:00+01"),
        by: Target::WorkingDays(1),
        reason: "family-asked".to_owned(),
    });
    let strip = spell.strip(&SCOTLAND, at("2026-06-05T13:00+01"));
    // Paused from the 2nd to the end of the 4th; the 5th is day 1 of 6.
    assert_eq!(strip.due_on, Some(date(2026, 6, 12)));
    let said = strip.sentence(&spell, &|_| "a question".to_owned());
    assert_eq!(
        said,
        "Due at the end of Friday 12 June 2026: 6 working days after Monday 1 June; 3 days paused; extended by 1 working day."
    );
    let paused: Vec<i8> = strip
        .days
        .iter()
        .filter(|day| matches!(day.reason, Reason::Paused { .. }))
        .map(|day| day.date.day())
        .collect();
    assert_eq!(paused, [2, 3, 4]);
}

#[test]
fn a_due_date_beyond_the_known_holidays_says_that_it_may_become_later() {
    let calendar = calendar(CalendarFile {
        covers_until: Some(date(2028, 12, 31)),
        ..scotland()
    });
    let known = spell("2028-12-27T10:00Z", Target::WorkingDays(2));
    assert_eq!(known.strip(&calendar, known.started_at).assumed_after, None);
    let beyond = spell("2028-12-27T10:00Z", Target::WorkingDays(4));
    let strip = beyond.strip(&calendar, beyond.started_at);
    assert_eq!(strip.assumed_after, Some(date(2028, 12, 31)));
    let sentence = strip.sentence(&beyond, &|state| state.to_string());
    let note = "Holidays after 31 December 2028 are not known yet: it may become later.";
    assert!(sentence.ends_with(note), "{sentence}");
    let wall = spell("2028-12-27T10:00Z", Target::CalendarDays(20));
    assert_eq!(wall.strip(&calendar, wall.started_at).assumed_after, None);
}
