//! The Kaplan–Meier estimate: what share is still waiting after t days, open ones included.
//!
//! At ties events come before censorings. Variance after Greenwood; intervals on the log(−log)
//! scale, which stay within 0 and 1 (Kalbfleisch and Prentice, §1.4).

use super::{Exposure, Observation, ROUNDING, Z_95, float, ties};

/// The estimate just after one time at which something ended.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Step {
    pub days: f64,
    pub at_risk_count: usize,
    pub ended_count: usize,
    /// Share still waiting.
    pub survival: f64,
    /// 95 % interval of `survival`.
    pub lower: f64,
    pub upper: f64,
}

/// A 95 % interval in days; `None` where the data do not reach so far.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Interval {
    pub lower_days: Option<f64>,
    pub upper_days: Option<f64>,
}

#[derive(Debug, Clone, PartialEq, Default)]
pub struct KaplanMeier {
    steps: Vec<Step>,
}

impl KaplanMeier {
    #[must_use]
    pub fn of(observations: &[Observation]) -> Self {
        let exposures: Vec<Exposure> = observations.iter().map(|o| (*o).into()).collect();
        Self::of_exposures(&exposures)
    }

    /// Of what was seen from some age on; every outcome ends the wait. Where few were at risk early
    /// on the curve stands on those few: see `fewest_at_risk`.
    #[must_use]
    pub fn of_exposures(exposures: &[Exposure]) -> Self {
        let ended: Vec<Exposure> = exposures
            .iter()
            .map(|e| Exposure {
                outcome: e.outcome.map(|_| 0),
                ..*e
            })
            .collect();
        let mut estimate = Estimate::default();
        let steps = ties(&ended, 1)
            .iter()
            .map(|tie| estimate.step(tie.days, tie.at_risk_count, tie.ended_count()))
            .collect();
        Self { steps }
    }

    pub(super) fn of_steps(steps: Vec<Step>) -> Self {
        Self { steps }
    }

    /// The smallest number at risk at any step up to the median, or to the last step.
    #[must_use]
    pub fn fewest_at_risk(&self) -> Option<usize> {
        let until = self.median().unwrap_or(f64::MAX);
        let before = self.steps.iter().filter(|step| step.days <= until);
        before.map(|step| step.at_risk_count).min()
    }

    /// One step for each time at which something ended, in order.
    #[must_use]
    pub fn steps(&self) -> &[Step] {
        &self.steps
    }

    /// The share still waiting after so many days. Beyond the longest observation this is the last
    /// known share, not a forecast.
    #[must_use]
    pub fn survival_at(&self, days: f64) -> f64 {
        self.find_step(days).map_or(1.0, |step| step.survival)
    }

    /// The 95 % interval of `survival_at`.
    #[must_use]
    pub fn interval_at(&self, days: f64) -> (f64, f64) {
        self.find_step(days)
            .map_or((1.0, 1.0), |step| (step.lower, step.upper))
    }

    /// The smallest time by which a share `p` has ended; `None` when so many have not.
    #[must_use]
    pub fn quantile(&self, p: f64) -> Option<f64> {
        self.first_at_most(1.0 - p, |step| step.survival)
    }

    #[must_use]
    pub fn median(&self) -> Option<f64> {
        self.quantile(0.5)
    }

    /// Where the bounds of the survival curve fall to a half.
    #[must_use]
    pub fn median_interval(&self) -> Interval {
        Interval {
            lower_days: self.first_at_most(0.5, |step| step.lower),
            upper_days: self.first_at_most(0.5, |step| step.upper),
        }
    }

    fn find_step(&self, days: f64) -> Option<&Step> {
        let after = self.steps.partition_point(|step| step.days <= days);
        self.steps.get(after.checked_sub(1)?)
    }

    fn first_at_most(&self, limit: f64, of: impl Fn(&Step) -> f64) -> Option<f64> {
        self.steps
            .iter()
            .find(|step| of(step) <= limit + ROUNDING)
            .map(|step| step.days)
    }
}

/// Running product and Greenwood sum.
pub(super) struct Estimate {
    survival: f64,
    greenwood: f64,
    upper: f64,
}

impl Default for Estimate {
    fn default() -> Self {
        Self {
            survival: 1.0,
            greenwood: 0.0,
            upper: 1.0,
        }
    }
}

impl Estimate {
    /// From where another one has come to.
    pub(super) fn from(survival: f64, greenwood: f64) -> Self {
        let mut estimate = Self {
            survival,
            greenwood,
            upper: 1.0,
        };
        if survival > 0.0 && survival < 1.0 {
            estimate.upper = estimate.bounds().1;
        }
        estimate
    }

    /// The product and the sum.
    pub(super) fn so_far(&self) -> (f64, f64) {
        (self.survival, self.greenwood)
    }

    pub(super) fn pass(&mut self, at_risk_count: usize, ended_count: usize) {
        let (at_risk, ended) = (float(at_risk_count), float(ended_count));
        let left = float(at_risk_count - ended_count);
        self.survival *= left / at_risk;
        if left > 0.0 {
            self.greenwood += ended / (at_risk * left);
        }
    }

    /// As after a step, whose predecessors were only passed.
    pub(super) fn seen(&mut self, days: f64, at_risk_count: usize, ended_count: usize) -> Step {
        let mut lower = 0.0;
        if self.survival > 0.0 && self.survival < 1.0 {
            (lower, self.upper) = self.bounds();
        }
        Step {
            days,
            at_risk_count,
            ended_count,
            survival: self.survival,
            lower,
            upper: self.upper,
        }
    }

    fn bounds(&self) -> (f64, f64) {
        let spread = Z_95 * self.greenwood.sqrt() / self.survival.ln().abs();
        let upper = self.survival.powf((-spread).exp());
        (self.survival.powf(spread.exp()), upper)
    }

    pub(super) fn step(&mut self, days: f64, at_risk_count: usize, ended_count: usize) -> Step {
        // At 0 the scale has no interval; the upper bound stays where it was.
        self.pass(at_risk_count, ended_count);
        self.seen(days, at_risk_count, ended_count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn ended(days: f64) -> Observation {
        Observation { days, ended: true }
    }

    fn open(days: f64) -> Observation {
        Observation { days, ended: false }
    }

    /// Twelve requests, five of them still open.
    fn twelve() -> KaplanMeier {
        let mut observations: Vec<Observation> =
            [2.0, 3.0, 3.0, 4.0, 5.0, 8.0, 12.0].map(ended).to_vec();
        observations.extend([6.0, 9.0, 15.0, 20.0, 31.0].map(open));
        KaplanMeier::of(&observations)
    }

    #[test]
    fn open_requests_move_the_median_from_four_to_eight_days() {
        let curve = twelve();
        assert_eq!(curve.median(), Some(8.0));
        assert_eq!(curve.quantile(0.85), None);
        let interval = curve.median_interval();
        assert_eq!(
            (interval.lower_days, interval.upper_days),
            (Some(3.0), None)
        );
        for (days, share) in [
            (0.0, 1.0),
            (1.999, 1.0),
            (2.0, 0.9167),
            (3.0, 0.75),
            (4.0, 0.6667),
            (5.0, 0.5833),
            (7.9, 0.5833),
            (8.0, 0.4861),
            (12.0, 0.3646),
            (100.0, 0.3646),
        ] {
            let found = curve.survival_at(days);
            assert!((found - share).abs() < 5e-5, "S({days}) = {found}");
        }
    }

    /// Figures from lifelines 0.30, `KaplanMeierFitter.confidence_interval_`.
    #[test]
    fn intervals_agree_with_an_independent_library() {
        let curve = twelve();
        for (days, lower, upper) in LIFELINES {
            let found = curve.interval_at(days);
            assert!(
                (found.0 - lower).abs() < 1e-6 && (found.1 - upper).abs() < 1e-6,
                "at {days}: {found:?}"
            );
        }
    }

    const LIFELINES: [(f64, f64, f64); 4] = [
        (2.0, 0.538_977_18, 0.987_825_57),
        (3.0, 0.408_415_91, 0.911_720_41),
        (8.0, 0.191_876_62, 0.729_671_57),
        (12.0, 0.102_251_11, 0.639_887_12),
    ];

    #[test]
    fn an_event_comes_before_a_censoring_at_the_same_time() {
        let curve = KaplanMeier::of(&[ended(1.0), open(1.0), open(2.0), open(3.0)]);
        assert!((curve.survival_at(1.0) - 0.75).abs() < 1e-12);
    }

    #[test]
    fn an_exact_half_is_the_median_in_spite_of_rounding() {
        let days: Vec<Observation> = (1..=10).map(|d| ended(f64::from(d))).collect();
        assert_eq!(KaplanMeier::of(&days).median(), Some(5.0));
    }

    #[test]
    fn nothing_observed_has_no_median() {
        let curve = KaplanMeier::of(&[]);
        assert_eq!(curve.median(), None);
        assert!((curve.survival_at(5.0) - 1.0).abs() < 1e-12);
        assert_eq!(KaplanMeier::of(&[open(3.0)]).median(), None);
    }

    #[test]
    fn one_ended_request_has_a_median_without_an_upper_bound() {
        let curve = KaplanMeier::of(&[ended(14.0)]);
        assert_eq!(curve.median(), Some(14.0));
        assert_eq!(
            curve.median_interval(),
            Interval {
                lower_days: Some(14.0),
                upper_days: None
            }
        );
    }

    /// Two that were old when the period began: the first days of the period say nothing of them.
    #[test]
    fn who_is_first_seen_late_is_not_at_risk_before() {
        let seen = |entered_days, days, ended: bool| Exposure {
            entered_days,
            days,
            outcome: ended.then_some(0),
        };
        let curve = KaplanMeier::of_exposures(&[
            seen(0.0, 2.0, true),
            seen(0.0, 4.0, true),
            seen(3.0, 5.0, true),
            seen(2.0, 6.0, false),
        ]);
        let found: Vec<(f64, usize)> = curve
            .steps()
            .iter()
            .map(|step| (step.days, step.at_risk_count))
            .collect();
        assert_eq!(found, [(2.0, 2), (4.0, 3), (5.0, 2)]);
        assert!((curve.survival_at(4.0) - 1.0 / 3.0).abs() < 1e-12);
        assert_eq!(curve.fewest_at_risk(), Some(2));
    }

    #[test]
    fn what_is_done_at_once_was_at_risk() {
        let curve = KaplanMeier::of(&[ended(0.0), ended(1.0)]);
        assert!((curve.survival_at(0.0) - 0.5).abs() < 1e-12);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(10_000))]

        #[test]
        fn the_curve_falls_and_stays_within_its_interval(
            times in proptest::collection::vec((0u16..60, any::<bool>()), 0..40)
        ) {
            let observations: Vec<Observation> = times
                .iter()
                .map(|(days, ended)| Observation { days: f64::from(*days), ended: *ended })
                .collect();
            let curve = KaplanMeier::of(&observations);
            let mut before = 1.0;
            for step in curve.steps() {
                prop_assert!(step.survival <= before && step.survival >= 0.0);
                prop_assert!(step.lower <= step.survival + ROUNDING);
                prop_assert!(step.upper >= step.survival - ROUNDING && step.upper <= 1.0);
                before = step.survival;
            }
            let ended = observations.iter().filter(|o| o.ended).count();
            prop_assert_eq!(curve.steps().iter().map(|s| s.ended_count).sum::<usize>(), ended);
        }

        #[test]
        fn without_open_requests_it_is_the_plain_share(
            times in proptest::collection::vec(0u16..60, 1..40), at in 0u16..60
        ) {
            let observations: Vec<Observation> =
                times.iter().map(|days| ended(f64::from(*days))).collect();
            let left = times.iter().filter(|days| **days > at).count();
            let share = float(left) / float(times.len());
            let found = KaplanMeier::of(&observations).survival_at(f64::from(at));
            prop_assert!((found - share).abs() < 1e-9);
        }

        #[test]
        fn one_more_open_request_never_shortens_the_median(
            times in proptest::collection::vec((0u16..60, any::<bool>()), 1..40), more in 0u16..60
        ) {
            let mut observations: Vec<Observation> = times
                .iter()
                .map(|(days, ended)| Observation { days: f64::from(*days), ended: *ended })
                .collect();
            let before = KaplanMeier::of(&observations).median().unwrap_or(f64::MAX);
            observations.push(open(f64::from(more)));
            let after = KaplanMeier::of(&observations).median().unwrap_or(f64::MAX);
            prop_assert!(after >= before);
        }
    }
}
