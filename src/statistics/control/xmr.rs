//! Individual values and their moving range (XmR), for any measure of a period.
//!
//! Limits are mean ± 2.66 × mean moving range; moving ranges from 3.267 × their mean on are left
//! out of that mean, once (Nelson 1982; NHS England does the same).

use super::{Limits, Part, Phase, parts};
use crate::statistics::float;

/// 3 / d₂ and D₄ of ranges of two.
const LIMITS_FACTOR: f64 = 2.66;
const RANGE_FACTOR: f64 = 3.267;

#[must_use]
pub fn chart(values: &[f64], phases: &[Phase]) -> Vec<Part> {
    let limits = |rests_on: &[f64], all: &[f64]| vec![limits_of(rests_on); all.len()];
    parts(values, phases, limits, |value| *value)
}

/// Of at least one value; of a single one the limits are that value.
pub(super) fn limits_of(values: &[f64]) -> Limits {
    let centre = mean(values);
    let ranges: Vec<f64> = values.windows(2).map(|w| (w[1] - w[0]).abs()).collect();
    let most = RANGE_FACTOR * mean(&ranges);
    let kept: Vec<f64> = ranges.iter().copied().filter(|r| *r < most).collect();
    let spread = LIMITS_FACTOR * mean(&kept);
    Limits {
        centre,
        lower: centre - spread,
        upper: centre + spread,
    }
}

/// 0 of nothing: a series that never moves has no range.
fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / float(values.len().max(1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::statistics::control::signals::Rule;
    use crate::statistics::control::{Assurance, TooFew, assurance};
    use proptest::prelude::*;

    /// The sources divide by d₂ = 1.128 where we multiply with 2.66: the fourth digit may differ.
    fn meets(values: &[f64], published: Limits, digits: f64) {
        let found = limits_of(values);
        let near = |found: f64, wanted: f64| (found - wanted).abs() < digits;
        assert!(near(found.centre, published.centre), "{found:?}");
        assert!(near(found.lower, published.lower), "{found:?}");
        assert!(near(found.upper, published.upper), "{found:?}");
    }

    /// NIST/SEMATECH e-Handbook of Statistical Methods, §6.3.2.2: flow rates of ten batches, "the
    /// process is in control, since none of the plotted points fall outside".
    const FLOW_RATES: [f64; 10] = [49.6, 47.6, 49.9, 51.3, 47.8, 51.2, 52.6, 52.4, 53.6, 52.1];
    /// Montgomery and Runger, Applied Statistics and Probability for Engineers, table 16-3: "no
    /// indication of an out-of-control condition".
    const CONCENTRATIONS: [f64; 20] = [
        102.0, 94.8, 98.3, 98.4, 102.0, 98.5, 99.0, 97.7, 100.0, 98.1, 101.3, 98.7, 101.1, 98.4,
        97.0, 96.7, 100.3, 101.4, 97.2, 101.0,
    ];
    /// SAS/QC User's Guide, the MACONTROL procedure, example 9.4: diameters of steel belts.
    const BELTS: [f64; 30] = [
        24.05, 23.99, 23.95, 23.93, 23.97, 24.02, 24.06, 24.10, 23.98, 24.03, 23.91, 24.06, 24.06,
        23.96, 23.98, 24.06, 24.01, 24.00, 23.93, 23.92, 24.09, 24.11, 24.05, 23.98, 23.98, 24.06,
        24.02, 24.06, 23.97, 23.96,
    ];

    #[test]
    fn limits_equal_three_published_examples() {
        let published = |centre, lower, upper| Limits {
            centre,
            lower,
            upper,
        };
        meets(&FLOW_RATES, published(50.81, 45.8159, 55.8041), 1e-3);
        meets(&CONCENTRATIONS, published(99.1, 92.21, 105.99), 1e-2);
        meets(&BELTS, published(24.0083, 23.8571, 24.1596), 2e-4);
    }

    #[test]
    fn published_series_without_a_signal_have_none_here() {
        for values in [&CONCENTRATIONS[..], &BELTS] {
            let parts = chart(values, &[]);
            let outside = parts[0].signals.iter();
            let outside = outside.filter(|signal| signal.rule == Rule::OutsideLimits);
            assert_eq!(outside.count(), 0);
        }
        assert_eq!(chart(&CONCENTRATIONS, &[])[0].signals, []);
    }

    #[test]
    fn twelve_points_say_nothing_yet() {
        let parts = chart(&CONCENTRATIONS[..12], &[]);
        let few = TooFew {
            points: 12,
            needed: 13,
        };
        assert_eq!((&parts[0].limits, parts[0].signals.len()), (&Err(few), 0));
        assert!(chart(&CONCENTRATIONS[..13], &[])[0].limits.is_ok());
    }

    #[test]
    fn a_frozen_baseline_shows_the_change_that_later_points_would_hide() {
        let mut values = CONCENTRATIONS[..14].to_vec();
        values.extend(CONCENTRATIONS[..10].iter().map(|value| value - 9.0));
        let frozen = Phase {
            from: 0,
            frozen: Some(14),
        };
        let baseline = chart(&values, &[frozen]);
        let limits = baseline[0].limits.as_ref().expect("enough points");
        assert_eq!(limits[20], limits_of(&CONCENTRATIONS[..14]));
        let outside = |parts: &[Part]| {
            let signals = parts.iter().flat_map(|part| &part.signals);
            signals.filter(|s| s.rule == Rule::OutsideLimits).count()
        };
        assert!(outside(&baseline) > outside(&chart(&values, &[])));
    }

    #[test]
    fn a_step_change_is_judged_by_its_own_points() {
        let mut values = CONCENTRATIONS.to_vec();
        values.extend(CONCENTRATIONS[..14].iter().map(|value| value - 40.0));
        let step = Phase {
            from: 20,
            frozen: None,
        };
        let parts = chart(&values, &[step]);
        assert_eq!((parts[0].to, parts[1].from, parts[1].to), (20, 20, 34));
        let before = parts[0].limits.as_ref().expect("enough points")[0];
        let after = parts[1].limits.as_ref().expect("enough points")[0];
        assert!(before.lower > after.upper);
        let signals = parts.iter().flat_map(|part| &part.signals);
        assert_eq!(signals.filter(|s| s.from < 20 && s.to > 20).count(), 0);
    }

    #[test]
    fn limits_say_whether_a_target_is_met_by_chance() {
        let limits = limits_of(&FLOW_RATES);
        assert_eq!(assurance(limits, 60.0, true), Assurance::Reliably);
        assert_eq!(assurance(limits, 50.0, true), Assurance::ByChance);
        assert_eq!(assurance(limits, 40.0, true), Assurance::NotAsItIs);
        assert_eq!(assurance(limits, 40.0, false), Assurance::Reliably);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(10_000))]

        #[test]
        fn limits_move_with_the_series_and_not_with_its_unit(
            values in proptest::collection::vec(0u16..500, 13..60), by in 1u16..100
        ) {
            let of = |f: &dyn Fn(f64) -> f64| {
                limits_of(&values.iter().map(|v| f(f64::from(*v))).collect::<Vec<_>>())
            };
            let by = f64::from(by);
            let (plain, shifted, scaled) = (of(&|v| v), of(&|v| v + by), of(&|v| v * by));
            prop_assert!((plain.upper + by - shifted.upper).abs() < 1e-6);
            prop_assert!((plain.lower * by - scaled.lower).abs() < 1e-6 * by * 500.0);
            prop_assert!(plain.lower <= plain.centre && plain.centre <= plain.upper);
        }

        #[test]
        fn every_signal_lies_in_one_phase(
            values in proptest::collection::vec(0u16..50, 0..80), at in 1usize..80
        ) {
            let values: Vec<f64> = values.iter().map(|v| f64::from(*v)).collect();
            let step = Phase { from: at, frozen: None };
            let parts = chart(&values, &[step]);
            prop_assert_eq!(parts.iter().map(|p| p.to - p.from).sum::<usize>(), values.len());
            for part in &parts {
                prop_assert!(part.signals.iter().all(|s| s.from >= part.from && s.to <= part.to));
                prop_assert_eq!(part.limits.is_err(), part.to - part.from < 13);
            }
        }
    }
}
