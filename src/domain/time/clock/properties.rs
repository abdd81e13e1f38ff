use super::*;
use crate::domain::time::calendar::Calendar;
use crate::domain::time::golden::{calendar, scotland};
use jiff::SignedDuration;
use proptest::prelude::*;
use std::sync::LazyLock;

static SCOTLAND: LazyLock<Calendar> = LazyLock::new(|| calendar(scotland()));

fn after(from: Timestamp, minutes: i64) -> Timestamp {
    from.saturating_add(SignedDuration::from_mins(minutes))
        .unwrap()
}

fn targets() -> impl Strategy<Value = Target> {
    prop_oneof![
        (0u32..15).prop_map(Target::WorkingDays),
        (0u32..80).prop_map(Target::WorkingHours),
        (0u32..20_000).prop_map(Target::Minutes),
        (0u32..21).prop_map(Target::CalendarDays),
    ]
}

/// Starts within 2026; then lengths in minutes of running and pausing by turns, up to four days
/// each; whether the clock stops after the last one.
fn spells() -> impl Strategy<Value = Spell> {
    let turns = prop::collection::vec(0i64..5_760, 0..8);
    (0i64..525_600, turns, targets(), any::<bool>()).prop_map(|(start, turns, target, stops)| {
        let start = after("2026-01-01T00:00Z".parse().unwrap(), start);
        let mut clock = Spell {
            clock: ClockName::parse("decide").unwrap(),
            number: 1,
            started_at: start,
            calendar: SCOTLAND.name().clone(),
            target,
            status: SpellStatus::Running,
            ended_at: None,
            pauses: Vec::new(),
            counting: Counting::default(),
            extensions: Vec::new(),
            concern: None,
            known_at: None,
        };
        let mut now = start;
        for minutes in turns {
            now = after(now, minutes);
            if clock.status == SpellStatus::Running {
                clock.status = SpellStatus::Paused;
                let state = StateName::parse("asking").unwrap();
                clock.pauses.push(Pause {
                    from: now,
                    to: None,
                    state,
                    at_most: None,
                });
            } else {
                clock.resume(now);
            }
        }
        if stops {
            clock.end(SpellStatus::Stopped, after(now, 777));
        }
        clock
    })
}

fn end_of(spell: &Spell) -> Timestamp {
    let last_pause = spell.pauses.last().map(|p| p.to.unwrap_or(p.from));
    spell.ended_at.or(last_pause).unwrap_or(spell.started_at)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(10_000))]

    #[test]
    fn a_reading_is_consistent_in_itself(spell in spells(), later in 0i64..40_000) {
        let as_of = after(end_of(&spell), later);
        let reading = spell.reading(&SCOTLAND, as_of);
        prop_assert_eq!(reading.status, spell.status);
        prop_assert!(reading.paused_ms <= reading.elapsed_ms);
        prop_assert!(reading.working_ms <= reading.elapsed_ms - reading.paused_ms);
        let ended = spell.ended_at.unwrap_or(as_of);
        match reading.met {
            Some(true) => prop_assert!(spell.status == SpellStatus::Stopped),
            Some(false) => prop_assert!(reading.due_at.unwrap() < ended),
            None => prop_assert!(spell.status != SpellStatus::Stopped),
        }
        if let (Target::WorkingDays(days @ 1..), false) = (spell.target, spell.status.is_open()) {
            prop_assert_eq!(reading.met, Some(reading.working_days <= days), "n against the target");
        }
    }

    #[test]
    fn what_goes_on_by_itself_reads_the_same_at_every_later_moment(
        mut spell in spells(), more in prop::option::of(1u32..5), at_most in prop::option::of(0u32..4_000),
        later in prop_oneof![Just(0i64), 0i64..80_000], touched in any::<bool>(), rolls in any::<bool>()
    ) {
        if touched {
            spell.counting.count_day = CountDay::Touched;
        }
        spell.counting.roll = rolls.then_some(Roll::NextWorkingDay);
        if let Some(pause) = spell.pauses.last_mut() {
            pause.at_most = at_most.map(Target::Minutes);
        }
        let by = more.map(|more| match spell.target {
            Target::WorkingDays(_) => Target::WorkingDays(more),
            Target::CalendarDays(_) => Target::CalendarDays(more),
            Target::WorkingHours(_) => Target::WorkingHours(more),
            Target::Minutes(_) => Target::Minutes(more),
            Target::NextWorkingDayAt(_) => spell.target,
        });
        let (at, reason) = (after(spell.started_at, 60), "more-time".to_owned());
        spell.extensions.extend(by.map(|by| Extension { at, by, reason }));
        let steady = spell.steady(&SCOTLAND);
        prop_assert_eq!(steady.is_some(), spell.status == SpellStatus::Running);
        if let Some(steady) = steady {
            let as_of = after(steady.from.max(spell.started_at), later);
            prop_assert_eq!(steady.verdict(as_of), spell.verdict(&SCOTLAND, as_of));
        }
    }

    #[test]
    fn a_missed_target_stays_missed(spell in spells(), first in 0i64..40_000, then in 0i64..40_000) {
        let early = spell.reading(&SCOTLAND, after(spell.started_at, first));
        let late = spell.reading(&SCOTLAND, after(spell.started_at, first + then));
        if early.met == Some(false) {
            prop_assert_eq!(late.met, Some(false));
            prop_assert_eq!(late.due_at, early.due_at);
        }
        prop_assert!(late.elapsed_ms >= early.elapsed_ms);
        prop_assert!(late.working_ms >= early.working_ms);
        prop_assert!(late.working_days >= early.working_days);
    }

    #[test]
    fn a_pause_within_one_day_changes_nothing_for_a_day_clock(
        mut spell in spells(), day in 1i64..20, from in 0i64..1_300, minutes in 1i64..80
    ) {
        let morning = SCOTLAND.start_of_day(SCOTLAND.local_date(after(spell.started_at, day * 1_440)));
        let (from, to) = (after(morning, from), after(morning, from + minutes));
        spell.status = if spell.ended_at.is_some() { SpellStatus::Stopped } else { SpellStatus::Running };
        spell.ended_at = spell.ended_at.map(|at| at.max(after(to, 1)));
        spell.pauses.clear();
        let as_of = after(to, 20_000);
        let before = spell.reading(&SCOTLAND, as_of);
        let state = StateName::parse("asking").unwrap();
        spell.pauses.push(Pause { from, to: Some(to), state, at_most: None });
        let with = spell.reading(&SCOTLAND, as_of);
        prop_assert_eq!(with.working_days, before.working_days);
        if matches!(spell.target, Target::WorkingDays(_) | Target::CalendarDays(_)) {
            prop_assert_eq!((with.due_at, with.met), (before.due_at, before.met));
        }
    }

    #[test]
    fn a_reading_in_the_past_sees_nothing_that_came_later(spell in spells(), at in 0i64..40_000) {
        let as_of = after(spell.started_at, at);
        let mut known = spell.clone();
        known.pauses.retain(|pause| pause.from <= as_of);
        for pause in &mut known.pauses {
            pause.to = pause.to.filter(|to| *to <= as_of);
        }
        known.ended_at = known.ended_at.filter(|at| *at <= as_of);
        if known.ended_at.is_none() {
            let paused = known.pauses.last().is_some_and(|p| p.to.is_none());
            known.status = if paused { SpellStatus::Paused } else { SpellStatus::Running };
        }
        prop_assert_eq!(spell.reading(&SCOTLAND, as_of), known.reading(&SCOTLAND, as_of));
    }
}
