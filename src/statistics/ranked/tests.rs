use super::*;
use crate::statistics::competing::AalenJohansen;
use crate::statistics::kaplan_meier::KaplanMeier;
use crate::statistics::summary::ClosedOnly;
use crate::statistics::{Exposure, Observation};
use proptest::prelude::*;

const DAYS: [f64; 6] = [0.0, 1.0, 5.0, 10.0, 20.0, 40.0];
const QUANTILES: [f64; 5] = [0.1, 0.5, 0.85, 0.95, 1.0];
const DAY_MS: i64 = 86_400_000;

/// One that waited: in ms, how it ended, and whether that stopped it.
#[derive(Debug, Clone, Copy)]
struct Waited {
    ms: i64,
    way: Option<usize>,
    stopped: bool,
}

impl Waited {
    fn age(self) -> Age {
        Age::of(self.ms, self.stopped, self.way)
    }

    fn exposure(self, outcome: Option<usize>) -> Exposure {
        Exposure {
            entered_days: 0.0,
            days: days(self.ms),
            outcome,
        }
    }
}

/// Of three ways to end the third stops nothing; a fourth is still open.
fn waited(ms: i64, way: usize) -> Waited {
    Waited {
        ms,
        way: Some(way).filter(|way| *way < 3),
        stopped: way < 2,
    }
}

/// Coarse times that tie often, and fine ones.
fn waits(count: usize) -> impl Strategy<Value = Vec<Waited>> {
    let coarse = (0_i64..50).prop_map(|day| day * DAY_MS);
    let ms = prop_oneof![coarse, 0_i64..50 * DAY_MS];
    let one = (ms, 0_usize..4).prop_map(|(ms, way)| waited(ms, way));
    proptest::collection::vec(one, 0..count)
}

fn in_order(waits: &[Waited]) -> Vec<Age> {
    let mut ages: Vec<Age> = waits.iter().map(|one| one.age()).collect();
    ages.sort_unstable();
    ages
}

/// Some kept from the beginning, some that came later, and some that are not kept.
fn kept(first: &[Waited], later: &[Waited]) -> Ages {
    let mut ages = Ages::of(first.iter().map(|one| one.age()).collect());
    for (number, one) in later.iter().enumerate() {
        // What it remembers of an earlier question must not show.
        if number % 5 == 0 {
            read(&mut ages, &[]);
        }
        ages.add(one.age());
    }
    ages
}

fn read(ages: &mut Ages, others: &[Age]) -> (Curve, Vec<Vec<Chance>>) {
    let wanted = Wanted {
        quantiles: &QUANTILES,
        days: &DAYS,
    };
    let curve = ages.curve(others, wanted);
    (curve, ages.chances(others, 3, &DAYS))
}

fn same(ages: &mut Ages, others: &[Waited], all: &[Waited]) -> Result<(), TestCaseError> {
    let (curve, chances) = read(ages, &in_order(others));
    let stops = |one: &Waited| one.exposure(one.stopped.then_some(0));
    let walked = KaplanMeier::of_exposures(&all.iter().map(stops).collect::<Vec<_>>());
    for (p, found) in QUANTILES.iter().zip(&curve.quantiles) {
        prop_assert_eq!(*found, walked.quantile(*p), "{} have ended", p);
    }
    prop_assert_eq!(curve.median_interval, walked.median_interval());
    for (day, found) in DAYS.iter().zip(&curve.survival) {
        prop_assert!((found - walked.survival_at(*day)).abs() < 1e-9, "S({day})");
    }
    let ends: Vec<Exposure> = all.iter().map(|one| one.exposure(one.way)).collect();
    let walked = AalenJohansen::of(&ends, 3);
    for (day, found) in DAYS.iter().zip(&chances) {
        for (way, found) in found.iter().enumerate() {
            let wanted = walked.at(way, *day);
            prop_assert!((found.share - wanted.share).abs() < 1e-9, "{way} by {day}");
            prop_assert!((found.lower - wanted.lower).abs() < 1e-9, "{way} by {day}");
            prop_assert!((found.upper - wanted.upper).abs() < 1e-9, "{way} by {day}");
        }
    }
    let drawn = ages.drawn(&in_order(others), DAY_MS);
    let walked = KaplanMeier::of_exposures(&all.iter().map(stops).collect::<Vec<_>>());
    prop_assert_eq!(drawn.median(), walked.median());
    for day in 0..60 {
        let (found, wanted) = (
            drawn.interval_at(f64::from(day)),
            walked.interval_at(f64::from(day)),
        );
        let share = drawn.survival_at(f64::from(day)) - walked.survival_at(f64::from(day));
        prop_assert!(share.abs() < 1e-9, "S({day})");
        prop_assert!((found.0 - wanted.0).abs() < 1e-9 && (found.1 - wanted.1).abs() < 1e-9);
    }
    let stopped = all.iter().map(|one| Observation {
        days: days(one.ms),
        ended: one.stopped,
    });
    let closed = ClosedOnly::of(&stopped.collect::<Vec<_>>());
    prop_assert_eq!(ages.median_stopped(&in_order(others)), closed.median_days);
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(10_000))]

    #[test]
    fn block_by_block_is_what_a_walk_through_all_finds(
        first in waits(60), later in waits(30), others in waits(12)
    ) {
        let all = [first.clone(), later.clone(), others.clone()].concat();
        let mut ages = kept(&first, &later);
        same(&mut ages, &others, &all)?;
        // Asked again, with what it remembers, and without the others.
        same(&mut ages, &others, &all)?;
        same(&mut ages, &[], &[first, later].concat())?;
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn many_ages_are_no_different(first in waits(6_000), others in waits(300)) {
        let mut ages = kept(&first, &[]);
        let all = [first, others.clone()].concat();
        same(&mut ages, &others, &all)?;
        // Those that are still open have waited for a little longer a moment later.
        let longer = |one: &Waited| Waited { ms: one.ms + 60_000, ..*one };
        let others_later: Vec<Waited> = others.iter().map(longer).collect();
        let kept_count = all.len() - others.len();
        let all = [all[..kept_count].to_vec(), others_later.clone()].concat();
        same(&mut ages, &others_later, &all)?;
    }
}

#[test]
fn nothing_is_an_estimate_too() {
    let (curve, chances) = read(&mut Ages::default(), &[]);
    assert!(curve.quantiles.iter().all(Option::is_none));
    assert!(
        curve
            .survival
            .iter()
            .all(|share| (share - 1.0).abs() < 1e-12)
    );
    assert!(chances.iter().flatten().all(|chance| chance.share == 0.0));
    assert_eq!(Ages::default().median_stopped(&[]), None);
}

#[test]
fn equal_ages_stay_together_however_many_they_are() {
    let mut ages = Ages::default();
    for number in 0..100 {
        ages.add(Age::of(number % 3, true, Some(0)));
    }
    assert_eq!(ages.blocks.len(), 3);
    assert_eq!(ages.count, 100);
}
