//! Aalen–Johansen: the chance that something has ended in each of several ways after t days. One
//! minus Kaplan–Meier would count a request that was withdrawn as one that may still be agreed.
//!
//! Variance by the delta method, as Marubini and Valsecchi (1995), §10.3.2; intervals on the
//! log(−log) scale.

use super::{Exposure, ROUNDING, Tie, Z_95, float, ties};

/// The chance of one outcome by some day.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Incidence {
    pub share: f64,
    /// 95 % interval; equal to the share where it is 0 or 1.
    pub lower: f64,
    pub upper: f64,
}

#[derive(Debug, Clone)]
struct Step {
    tie: Tie,
    /// Share with no outcome just before.
    before: f64,
    /// Of each outcome, just after.
    incidence: Vec<f64>,
}

#[derive(Debug, Clone, Default)]
pub struct AalenJohansen {
    steps: Vec<Step>,
}

impl AalenJohansen {
    /// `outcomes`: how many there are; an exposure names one of them, or none.
    #[must_use]
    pub fn of(exposures: &[Exposure], outcomes: usize) -> Self {
        let mut before = 1.0;
        let mut incidence = vec![0.0; outcomes];
        let steps = ties(exposures, outcomes)
            .into_iter()
            .map(|tie| {
                let at_risk = float(tie.at_risk_count);
                for (sum, ended) in incidence.iter_mut().zip(&tie.ended) {
                    *sum += before * float(*ended) / at_risk;
                }
                let step = Step {
                    before,
                    incidence: incidence.clone(),
                    tie,
                };
                before *= 1.0 - float(step.tie.ended_count()) / at_risk;
                step
            })
            .collect();
        Self { steps }
    }

    /// The chance of one outcome by that day. Beyond the longest observation this is the last known
    /// chance, not a forecast.
    #[must_use]
    pub fn at(&self, outcome: usize, days: f64) -> Incidence {
        let after = self.steps.partition_point(|step| step.tie.days <= days);
        let steps = &self.steps[..after];
        let share = steps
            .last()
            .map_or(0.0, |step| of(&step.incidence, outcome));
        incidence(share, variance(steps, outcome, share))
    }
}

/// A chance with its interval.
pub(super) fn incidence(share: f64, variance: f64) -> Incidence {
    if share <= ROUNDING || share >= 1.0 - ROUNDING {
        let share = share.clamp(0.0, 1.0);
        return Incidence {
            share,
            lower: share,
            upper: share,
        };
    }
    let spread = Z_95 * variance.sqrt() / (share * share.ln().abs());
    Incidence {
        share,
        lower: share.powf(spread.exp()),
        upper: share.powf((-spread).exp()),
    }
}

fn variance(steps: &[Step], outcome: usize, share: f64) -> f64 {
    let sum: f64 = steps
        .iter()
        .map(|step| {
            let at_risk = float(step.tie.at_risk_count);
            let ended = float(step.tie.ended_count());
            let of_outcome = step
                .tie
                .ended
                .get(outcome)
                .map_or(0.0, |count| float(*count));
            let still = share - of(&step.incidence, outcome);
            let left = at_risk - ended;
            // When all that were at risk have ended, nothing can be added any more.
            let of_survival = if left > 0.0 {
                still * still * ended / (at_risk * left)
            } else {
                0.0
            };
            let of_own =
                step.before.powi(2) * of_outcome * (at_risk - of_outcome) / at_risk.powi(3);
            let both = 2.0 * still * step.before * of_outcome / (at_risk * at_risk);
            of_survival + of_own - both
        })
        .sum();
    sum.max(0.0)
}

fn of(incidence: &[f64], outcome: usize) -> f64 {
    incidence.get(outcome).copied().unwrap_or(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::statistics::kaplan_meier::KaplanMeier;
    use proptest::prelude::*;

    fn seen(days: f64, outcome: Option<usize>) -> Exposure {
        Exposure {
            entered_days: 0.0,
            days,
            outcome,
        }
    }

    /// Worked by hand: six requests, agreed (0), withdrawn (1), one open.
    #[test]
    fn a_withdrawn_request_can_no_longer_be_agreed() {
        let curve = AalenJohansen::of(
            &[
                seen(1.0, Some(0)),
                seen(2.0, Some(1)),
                seen(3.0, Some(0)),
                seen(4.0, None),
                seen(5.0, Some(0)),
                seen(6.0, Some(1)),
            ],
            2,
        );
        let near = |found: f64, wanted: f64| assert!((found - wanted).abs() < 1e-12, "{found}");
        near(curve.at(0, 1.0).share, 1.0 / 6.0);
        near(curve.at(1, 2.0).share, 1.0 / 6.0);
        near(curve.at(0, 3.0).share, 1.0 / 3.0);
        near(curve.at(0, 5.0).share, 1.0 / 3.0 + 0.25);
        near(curve.at(1, 9.0).share, 1.0 / 6.0 + 0.25);
        near(curve.at(0, 0.5).share, 0.0);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]

        #[test]
        fn all_outcomes_and_the_open_ones_make_a_whole(
            times in proptest::collection::vec((0u16..10, 0u16..40, 0usize..4), 1..40)
        ) {
            let exposures: Vec<Exposure> = times
                .iter()
                .map(|(entered, more, outcome)| Exposure {
                    entered_days: f64::from(*entered),
                    days: f64::from(entered + more),
                    outcome: (*outcome < 3).then_some(*outcome),
                })
                .collect();
            let competing = AalenJohansen::of(&exposures, 3);
            let survival = KaplanMeier::of_exposures(&exposures);
            for day in 0..60 {
                let days = f64::from(day);
                let all: Vec<Incidence> = (0..3).map(|k| competing.at(k, days)).collect();
                let sum: f64 = all.iter().map(|one| one.share).sum();
                prop_assert!((sum + survival.survival_at(days) - 1.0).abs() < 1e-9);
                for one in all {
                    prop_assert!(one.lower <= one.share + 1e-12 && one.share <= one.upper + 1e-12);
                    prop_assert!(one.lower >= 0.0 && one.upper <= 1.0);
                }
            }
        }

        /// With one outcome it is one minus Kaplan–Meier, and so is its Greenwood interval.
        #[test]
        fn one_outcome_alone_is_kaplan_meier(
            times in proptest::collection::vec((1u16..40, any::<bool>()), 1..40)
        ) {
            let exposures: Vec<Exposure> = times
                .iter()
                .map(|(days, ended)| seen(f64::from(*days), ended.then_some(0)))
                .collect();
            let competing = AalenJohansen::of(&exposures, 1);
            let survival = KaplanMeier::of_exposures(&exposures);
            for step in survival.steps() {
                let found = competing.at(0, step.days);
                prop_assert!((found.share - (1.0 - step.survival)).abs() < 1e-9);
            }
        }
    }
}
