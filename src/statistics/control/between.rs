//! Rare things: not how many a month, which is mostly nought, but how long between them. Longer is
//! better where the thing is bad.

use super::{Limits, Part, Phase, parts, xmr};
use crate::statistics::float;

/// Makes times between events of a steady rate nearly normal (Nelson 1994).
const POWER: f64 = 1.0 / 3.6;

/// t-chart: days between one event and the next, as XmR of their 3.6th root, drawn in days.
#[must_use]
pub fn days(between: &[f64], phases: &[Phase]) -> Vec<Part> {
    let limits = |rests_on: &[f64], all: &[f64]| {
        let roots: Vec<f64> = rests_on.iter().map(|days| days.powf(POWER)).collect();
        let of_roots = xmr::limits_of(&roots);
        let back = |root: f64| root.max(0.0).powf(1.0 / POWER);
        let limits = Limits {
            centre: back(of_roots.centre),
            lower: back(of_roots.lower),
            upper: back(of_roots.upper),
        };
        vec![limits; all.len()]
    };
    parts(between, phases, limits, |days| *days)
}

/// g-chart: requests between one event and the next (Benneyan 2001). The distribution is skewed, so
/// the centre by which runs are judged is its median, not its mean.
#[must_use]
pub fn requests(between: &[usize], phases: &[Phase]) -> Vec<Part> {
    let limits = |rests_on: &[usize], all: &[usize]| {
        let mean = float(rests_on.iter().sum()) / float(rests_on.len().max(1));
        let spread = 3.0 * (mean * (mean + 1.0)).sqrt();
        let limits = Limits {
            centre: median(rests_on),
            lower: (mean - spread).max(0.0),
            upper: mean + spread,
        };
        vec![limits; all.len()]
    };
    parts(between, phases, limits, |count| float(*count))
}

fn median(counts: &[usize]) -> f64 {
    let mut sorted = counts.to_vec();
    sorted.sort_unstable();
    let middle = sorted.len() / 2;
    match (sorted.len() % 2, sorted.get(middle)) {
        (1, Some(one)) => float(*one),
        (_, Some(upper)) => float(sorted[middle - 1] + upper) / 2.0,
        (_, None) => 0.0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::statistics::control::signals::{Rule, Side};

    fn limits(parts: &[Part]) -> Limits {
        parts[0].limits.as_ref().expect("enough points")[0]
    }

    /// Worked by hand: mean 9, so mean ± 3 √(9 · 10) = 37.46, and nothing below nought.
    #[test]
    fn limits_of_a_g_chart_are_those_of_the_geometric_distribution() {
        let between = [9, 4, 14, 2, 16, 9, 7, 11, 3, 15, 9, 6, 12];
        let found = limits(&requests(&between, &[]));
        assert!((found.upper - (9.0 + 3.0 * 90.0_f64.sqrt())).abs() < 1e-9);
        assert!(found.lower.abs() < 1e-12);
        assert!((found.centre - 9.0).abs() < 1e-12);
    }

    #[test]
    fn a_much_longer_time_without_an_event_is_a_signal_above() {
        let mut between = vec![
            12.0, 30.0, 7.0, 19.0, 25.0, 3.0, 16.0, 40.0, 9.0, 22.0, 14.0, 28.0,
        ];
        between.push(11.0);
        between.push(400.0);
        let frozen = Phase {
            from: 0,
            frozen: Some(13),
        };
        let parts = days(&between, &[frozen]);
        let outside = parts[0].signals.iter();
        let outside: Vec<(usize, Side)> = outside
            .filter(|signal| signal.rule == Rule::OutsideLimits)
            .map(|signal| (signal.from, signal.side))
            .collect();
        assert_eq!(outside, [(13, Side::Above)]);
        assert!(limits(&parts).lower >= 0.0);
    }

    #[test]
    fn two_on_one_day_are_no_days_apart_and_still_drawn() {
        let between = [
            0.0, 5.0, 9.0, 0.0, 7.0, 3.0, 8.0, 2.0, 6.0, 4.0, 1.0, 9.0, 5.0,
        ];
        let found = limits(&days(&between, &[]));
        assert!(found.lower.abs() < 1e-12 && found.centre > 0.0 && found.upper.is_finite());
    }

    #[test]
    fn twelve_times_between_say_nothing_yet() {
        assert!(days(&[5.0; 12], &[])[0].limits.is_err());
        assert!(requests(&[5; 12], &[])[0].limits.is_err());
    }
}
