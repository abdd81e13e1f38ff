//! Shares of a period (p-chart): limits of three standard errors that follow each denominator.

use super::{Limits, Part, Phase, parts};
use crate::statistics::float;

/// A share from fewer cases is shown and marked: it moves by chance alone (Healthcare Improvement
/// Scotland asks for 20 a point).
pub const CASES_WANTED: usize = 20;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Share {
    pub part: usize,
    pub whole: usize,
}

impl Share {
    /// 0 of none.
    #[must_use]
    pub fn value(self) -> f64 {
        float(self.part) / float(self.whole.max(1))
    }
}

/// Periods without a case must be left out by the caller: they have no share.
#[must_use]
pub fn chart(shares: &[Share], phases: &[Phase]) -> Vec<Part> {
    parts(shares, phases, limits_of, |share| share.value())
}

fn limits_of(rests_on: &[Share], all: &[Share]) -> Vec<Limits> {
    let whole = rests_on.iter().map(|share| share.whole).sum();
    let part = rests_on.iter().map(|share| share.part).sum();
    let centre = Share { part, whole }.value();
    all.iter()
        .map(|share| {
            let spread = 3.0 * (centre * (1.0 - centre) / float(share.whole.max(1))).sqrt();
            Limits {
                centre,
                lower: (centre - spread).max(0.0),
                upper: (centre + spread).min(1.0),
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::statistics::control::signals::Rule;

    /// NIST/SEMATECH e-Handbook of Statistical Methods, §6.3.3.2: chips on 30 wafers, 50 on each.
    const WAFERS: [usize; 30] = [
        12, 15, 8, 10, 4, 7, 16, 9, 14, 10, 5, 6, 17, 12, 22, 8, 10, 5, 13, 11, 20, 18, 24, 15, 9,
        12, 7, 13, 9, 6,
    ];

    #[test]
    fn limits_equal_the_published_example_and_the_same_wafers_are_outside() {
        let shares: Vec<Share> = WAFERS.map(|part| Share { part, whole: 50 }).to_vec();
        let parts = chart(&shares, &[]);
        let limits = parts[0].limits.as_ref().expect("enough points")[0];
        assert!((limits.centre - 0.2313).abs() < 5e-5);
        assert!((limits.lower - 0.0524).abs() < 5e-5);
        assert!((limits.upper - 0.4102).abs() < 5e-5);
        let signals = parts[0].signals.iter();
        let outside = signals.filter(|signal| signal.rule == Rule::OutsideLimits);
        let outside: Vec<usize> = outside.map(|signal| signal.from + 1).collect();
        assert_eq!(outside, [15, 23]);
    }

    #[test]
    fn limits_are_wider_where_there_were_fewer_cases() {
        let mut shares = vec![Share { part: 8, whole: 10 }; 13];
        shares[4] = Share {
            part: 320,
            whole: 400,
        };
        let parts = chart(&shares, &[]);
        let limits = parts[0].limits.as_ref().expect("enough points");
        assert!(limits[4].lower > limits[3].lower);
        assert!(
            limits
                .iter()
                .all(|one| one.lower >= 0.0 && one.upper <= 1.0)
        );
    }
}
