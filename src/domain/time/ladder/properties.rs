use super::tests::{ladder, rung, spell};
use super::*;
use crate::domain::ids::StateName;
use crate::domain::time::clock::{Pause, SpellStatus};
use crate::domain::time::golden::{calendar, scotland};
use crate::domain::workflow::definition::Target;
use jiff::SignedDuration;
use proptest::prelude::*;
use std::sync::LazyLock;

static SCOTLAND: LazyLock<Calendar> = LazyLock::new(|| calendar(scotland()));

fn after(from: Timestamp, minutes: i64) -> Timestamp {
    from.saturating_add(SignedDuration::from_mins(minutes))
        .unwrap()
}

/// What happens to a clock, in minutes of running and pausing by turns.
#[derive(Debug, Clone)]
struct Life {
    spell: Spell,
    ladder: Ladder,
    /// When the sweeper looks, in order.
    looks: Vec<Timestamp>,
}

fn ladder_for(target: Target) -> Ladder {
    let unit = target.to_string();
    let unit = unit.trim_start_matches(|c: char| c.is_ascii_digit());
    // A target of whole weeks is written in weeks.
    let unit = if unit == "w" { "d" } else { unit };
    let step = |n: u32| (n > 0).then_some(n);
    let count = target.count();
    let before = [count / 2, count / 4].into_iter().filter_map(step);
    let mut offsets: Vec<String> = before.map(|n| format!("-{n}{unit}")).collect();
    offsets.dedup();
    offsets.push("0".to_owned());
    let offsets: Vec<&str> = offsets.iter().map(String::as_str).collect();
    let mut ladder = ladder(&offsets);
    let mut again = rung(&format!("+{}{unit}", (count / 2).max(1)));
    again.every = again.at.distance();
    again.at_most = Some(3);
    ladder.0.push(again);
    ladder
}

fn targets() -> impl Strategy<Value = Target> {
    prop_oneof![
        (1u32..15).prop_map(Target::WorkingDays),
        (1u32..80).prop_map(Target::WorkingHours),
        (1u32..9_000).prop_map(Target::Minutes),
        (1u32..21).prop_map(Target::CalendarDays),
    ]
}

/// Starts within 2026; then up to five days of running and of pausing by turns, and looks at any
/// time, half a minute beside every act.
fn lives() -> impl Strategy<Value = Life> {
    let turns = prop::collection::vec(1i64..7_200, 0..6);
    let looks = prop::collection::vec(0i64..60_000, 1..12);
    (
        0i64..525_600,
        turns,
        targets(),
        any::<bool>(),
        0i64..9_000,
        looks,
    )
        .prop_map(|(start, turns, target, stops, known, looks)| {
            let start = after("2026-01-01T00:00Z".parse().unwrap(), start);
            let mut clock = spell("5wd", "2026-01-01T00:00Z");
            (clock.started_at, clock.target) = (start, target);
            clock.known_at = Some(after(start, known - 4_500)).filter(|known| *known > start);
            let known_at = clock.known_at.unwrap_or(start);
            let mut now = known_at;
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
                    clock.status = SpellStatus::Running;
                    clock.pauses.last_mut().unwrap().to = Some(now);
                }
            }
            if stops {
                clock.status = SpellStatus::Stopped;
                let end = after(now, 777);
                clock.ended_at = Some(end);
                if let Some(pause) = clock.pauses.last_mut() {
                    pause.to.get_or_insert(end);
                }
            }
            let mut looks: Vec<Timestamp> = looks
                .into_iter()
                .map(|minutes| {
                    let half = SignedDuration::from_secs(30);
                    after(known_at, minutes).saturating_add(half).unwrap()
                })
                .collect();
            looks.sort_unstable();
            Life {
                spell: clock,
                ladder: ladder_for(target),
                looks,
            }
        })
}

/// The spell as the log tells it at a moment.
fn known(spell: &Spell, now: Timestamp) -> Spell {
    let mut known = spell.clone();
    known.pauses.retain(|pause| pause.from <= now);
    known.ended_at = known.ended_at.filter(|at| *at <= now);
    for pause in &mut known.pauses {
        pause.to = pause.to.filter(|to| *to <= now);
    }
    if known.ended_at.is_none() {
        let paused = known.pauses.last().is_some_and(|pause| pause.to.is_none());
        known.status = if paused {
            SpellStatus::Paused
        } else {
            SpellStatus::Running
        };
    }
    known
}

/// Everything that is ready at a look, with the look at which it was raised.
fn raise(life: &Life, looks: &[Timestamp]) -> Vec<(Step, Due, Timestamp)> {
    let mut raised: Vec<(Step, Due, Timestamp)> = Vec::new();
    for now in looks {
        let spell = known(&life.spell, *now);
        loop {
            let last = raised.last().map(|(step, _, _)| *step);
            let next = spell.next_step(&life.ladder, &SCOTLAND, last);
            let ready = next.and_then(|next| Some((next.step, next.due?)));
            match ready.filter(|(_, due)| due.is_ready(*now)) {
                Some((step, due)) => raised.push((step, due, *now)),
                None => break,
            }
        }
    }
    raised
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(10_000))]

    #[test]
    fn no_rung_is_early_and_each_comes_once_and_in_order(life in lives()) {
        let raised = raise(&life, &life.looks);
        for (step, due, now) in &raised {
            prop_assert!(due.due_at <= *now);
            let reading = known(&life.spell, *now).reading(&SCOTLAND, *now);
            prop_assert_eq!(reading.status, SpellStatus::Running, "nothing while it is paused");
            match step.rung {
                Offset::Before(_) => {}
                Offset::AtTarget | Offset::After(_) => prop_assert_eq!(reading.met, Some(false)),
            }
        }
        for pair in raised.windows(2) {
            prop_assert_eq!(pair[0].0.order(pair[1].0), Ordering::Less);
            prop_assert!(pair[0].1.due_at <= pair[1].1.due_at);
        }
    }

    #[test]
    fn a_stopped_clock_raises_none_after(life in lives()) {
        for (_, due, now) in raise(&life, &life.looks) {
            if let Some(ended_at) = life.spell.ended_at {
                prop_assert!(now < ended_at && due.due_at < ended_at);
            }
        }
    }

    #[test]
    fn one_look_after_a_downtime_finds_what_many_looks_would_have_found(life in lives()) {
        let mut life = life;
        let spell = &mut life.spell;
        (spell.status, spell.ended_at) = (SpellStatus::Running, None);
        spell.pauses.retain(|pause| pause.to.is_some());
        let runs_from = spell.pauses.last().and_then(|pause| pause.to);
        let last = life.looks.last().copied().max(runs_from).unwrap();
        life.looks.push(last);
        let instants = |looks: &[Timestamp]| -> Vec<(Step, Timestamp)> {
            let raised = raise(&life, looks);
            raised.into_iter().map(|(step, due, _)| (step, due.due_at)).collect()
        };
        prop_assert_eq!(instants(&life.looks), instants(&[last]));
    }

    #[test]
    fn a_pause_makes_no_later_rung_earlier(life in lives(), from in 0i64..9_000, minutes in 1i64..9_000) {
        let mut plain = life.spell.clone();
        (plain.status, plain.ended_at) = (SpellStatus::Running, None);
        plain.pauses.clear();
        let known_at = plain.known_at.unwrap_or(plain.started_at);
        let (from, to) = (after(known_at, from), after(known_at, from + minutes));
        let mut paused = plain.clone();
        let state = StateName::parse("asking").unwrap();
        paused.pauses.push(Pause { from, to: Some(to), state, at_most: None });
        let far = [after(known_at, 300_000)];
        let rungs = |spell: Spell| raise(&Life { spell, ..life.clone() }, &far);
        let (without, with) = (rungs(plain), rungs(paused));
        prop_assert_eq!(without.len(), with.len());
        for ((step, before, _), (same, after, _)) in without.iter().zip(&with) {
            prop_assert_eq!(step, same);
            prop_assert!(after.due_at >= before.due_at);
            // Nothing comes before its clock is known, whatever instant it keeps.
            if before.due_at.max(known_at) < from {
                prop_assert_eq!(before.due_at, after.due_at, "it had come before the pause");
            } else if before.due_at < known_at {
                prop_assert!(after.ready_at >= to);
            } else {
                prop_assert!(after.due_at >= to);
            }
        }
    }
}
