//! Run charts: the median and three rules, for series too short or too odd for limits.
//!
//! Shift of six and trend of five after Perla, Provost and Murray (2011); crossings and the longest
//! run after Anhøj and Olesen (2014), who found the trend rule to see almost no real trend. An
//! "astronomical" point is for people to judge: no rule is computed for it.

use super::TooFew;
use crate::statistics::float;
use serde::Serialize;

/// Fewer points and the rules cry wolf.
const POINTS_NEEDED: usize = 10;
const SHIFT: usize = 6;
const TREND: usize = 5;
/// Too few crossings happen by chance in at most this share of steady series.
const CHANCE: f64 = 0.05;

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RunChart {
    pub median: f64,
    /// Points that are not on the median; only these count.
    pub useful: usize,
    pub longest_run: usize,
    pub longest_run_at_most: usize,
    pub crossings: usize,
    pub crossings_at_least: usize,
    /// First point and the one after the last, of each run of six or more on one side.
    pub shifts: Vec<(usize, usize)>,
    /// Of five or more rising or falling points; equal neighbours count once.
    pub trends: Vec<(usize, usize)>,
}

impl RunChart {
    /// A longest run that is too long, or too few crossings: the two rules that hold their rate of
    /// false alarms at about 5 %, whatever the length.
    #[must_use]
    pub fn is_not_random(&self) -> bool {
        self.longest_run > self.longest_run_at_most || self.crossings < self.crossings_at_least
    }

    /// # Errors
    /// When too few points lie off the median to say anything.
    pub fn of(values: &[f64]) -> Result<Self, TooFew> {
        let median = median_of(values);
        let useful: Vec<(usize, bool)> = values
            .iter()
            .enumerate()
            .filter(|(_, value)| (**value - median).abs() > 0.0)
            .map(|(at, value)| (at, *value > median))
            .collect();
        if useful.len() < POINTS_NEEDED {
            return Err(TooFew {
                points: useful.len(),
                needed: POINTS_NEEDED,
            });
        }
        let runs: Vec<&[(usize, bool)]> = useful.chunk_by(|a, b| a.1 == b.1).collect();
        let shifts = runs.iter().filter(|run| run.len() >= SHIFT);
        Ok(Self {
            median,
            useful: useful.len(),
            longest_run: runs.iter().map(|run| run.len()).max().unwrap_or(0),
            longest_run_at_most: longest_run_at_most(useful.len()),
            crossings: runs.len().saturating_sub(1),
            crossings_at_least: crossings_at_least(useful.len()),
            shifts: shifts
                .filter_map(|run| Some((run.first()?.0, run.last()?.0 + 1)))
                .collect(),
            trends: trends(values),
        })
    }
}

fn median_of(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let middle = sorted.len() / 2;
    match (sorted.len() % 2, sorted.get(middle)) {
        (1, Some(one)) => *one,
        (_, Some(upper)) => sorted[middle - 1].midpoint(*upper),
        (_, None) => 0.0,
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a small number that is not negative"
)]
fn longest_run_at_most(useful: usize) -> usize {
    float(useful).log2().round() as usize + 3
}

/// The 5 % quantile of a binomial distribution with probability one half.
fn crossings_at_least(useful: usize) -> usize {
    let trials = useful - 1;
    let mut chance = 0.5_f64.powi(i32::try_from(trials).unwrap_or(i32::MAX));
    let mut sum = chance;
    let mut count = 0;
    while sum < CHANCE && count < trials {
        chance *= float(trials - count) / float(count + 1);
        count += 1;
        sum += chance;
    }
    count
}

fn trends(values: &[f64]) -> Vec<(usize, usize)> {
    let mut points: Vec<(usize, f64)> = values.iter().copied().enumerate().collect();
    points.dedup_by(|later, earlier| later.1.total_cmp(&earlier.1).is_eq());
    let steps: Vec<(usize, usize, bool)> = points
        .windows(2)
        .map(|w| (w[0].0, w[1].0, w[1].1 > w[0].1))
        .collect();
    let runs = steps.chunk_by(|a, b| a.2 == b.2);
    runs.filter(|run| run.len() + 1 >= TREND)
        .filter_map(|run| Some((run.first()?.0, run.last()?.1 + 1)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Anhøj and Olesen (2014), table 1: signal limits by number of useful observations.
    #[test]
    fn limits_of_runs_and_crossings_are_the_published_ones() {
        for (useful, longest, fewest) in [
            (10, 6, 2),
            (12, 7, 3),
            (16, 7, 4),
            (20, 7, 6),
            (24, 8, 8),
            (30, 8, 10),
        ] {
            assert_eq!(longest_run_at_most(useful), longest, "{useful}");
            assert_eq!(crossings_at_least(useful), fewest, "{useful}");
        }
    }

    #[test]
    fn points_on_the_median_neither_make_nor_break_a_shift() {
        let values = [
            1.0, 2.0, 1.0, 5.0, 2.0, 1.0, 2.0, 9.0, 8.0, 9.0, 5.0, 8.0, 9.0, 8.0,
        ];
        let chart = RunChart::of(&values).expect("enough points");
        assert_eq!((chart.useful, chart.longest_run), (12, 6));
        assert_eq!(chart.shifts, [(0, 7), (7, 14)]);
        assert!(chart.is_not_random());
    }

    #[test]
    fn equal_neighbours_count_once_in_a_trend() {
        let values = [3.0, 1.0, 2.0, 2.0, 3.0, 4.0, 5.0, 1.0, 4.0, 2.0, 3.5, 1.5];
        assert_eq!(trends(&values), [(1, 7)]);
        assert_eq!(trends(&[1.0, 2.0, 2.0, 2.0, 3.0, 4.0]), []);
    }

    #[test]
    fn nine_useful_points_say_nothing_yet() {
        let few = RunChart::of(&[1.0, 2.0, 1.0, 2.0, 1.0, 2.0, 1.0, 2.0, 1.5]);
        assert_eq!(
            few,
            Err(TooFew {
                points: 8,
                needed: 10
            })
        );
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(10_000))]

        #[test]
        fn a_series_that_changes_sides_each_time_is_never_a_shift(
            high in proptest::collection::vec(51u16..100, 12..30)
        ) {
            let values: Vec<f64> = high
                .iter()
                .enumerate()
                .map(|(at, value)| if at % 2 == 0 { f64::from(*value) } else { -f64::from(*value) })
                .collect();
            let chart = RunChart::of(&values).expect("enough points");
            prop_assert!(chart.shifts.is_empty() && !chart.is_not_random());
        }
    }
}
