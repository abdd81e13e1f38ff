//! The share within a target, with what is still open. Open and past the target is missed; open
//! and inside it is undecided, and says how far the share may still go either way.

use super::{Z_95, float};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct WithinTarget {
    pub met: usize,
    /// Ended late, or open past the target.
    pub missed: usize,
    /// Open inside the target.
    pub undecided: usize,
}

impl WithinTarget {
    /// Of those that are decided; `None` when none is.
    #[must_use]
    pub fn share(&self) -> Option<f64> {
        ratio(self.met, self.met + self.missed)
    }

    /// If every undecided one were missed, and if every one were met.
    #[must_use]
    pub fn bounds(&self) -> Option<(f64, f64)> {
        let all = self.met + self.missed + self.undecided;
        Some((
            ratio(self.met, all)?,
            ratio(self.met + self.undecided, all)?,
        ))
    }

    /// 95 % interval of `share` (Wilson 1927), which stays within 0 and 1 for small numbers too.
    #[must_use]
    pub fn interval(&self) -> Option<(f64, f64)> {
        let count = float(self.met + self.missed);
        let share = self.share()?;
        let square = Z_95 * Z_95;
        let middle = (share + square / (2.0 * count)) / (1.0 + square / count);
        let spread = Z_95 / (1.0 + square / count)
            * (share * (1.0 - share) / count + square / (4.0 * count * count)).sqrt();
        Some(((middle - spread).max(0.0), (middle + spread).min(1.0)))
    }
}

fn ratio(part: usize, whole: usize) -> Option<f64> {
    (whole > 0).then(|| float(part) / float(whole))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_is_open_past_the_target_counts_against_it() {
        let within = WithinTarget {
            met: 6,
            missed: 2,
            undecided: 2,
        };
        assert_eq!(within.share(), Some(0.75));
        assert_eq!(within.bounds(), Some((0.6, 0.8)));
        assert_eq!(WithinTarget::default().share(), None);
    }

    /// Newcombe (1998), Statistics in Medicine 17, table I: 81 of 263 and 1 of 29.
    #[test]
    fn the_interval_is_the_published_one() {
        for (met, count, lower, upper) in [(81, 263, 0.2553, 0.3662), (1, 29, 0.0061, 0.1718)] {
            let within = WithinTarget {
                met,
                missed: count - met,
                undecided: 0,
            };
            let (low, high) = within.interval().expect("some are decided");
            assert!(
                (low - lower).abs() < 5e-5 && (high - upper).abs() < 5e-5,
                "{low} {high}"
            );
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(10_000))]

        #[test]
        fn the_share_of_the_decided_lies_between_the_bounds(
            met in 0usize..40, missed in 0usize..40, undecided in 0usize..40
        ) {
            let within = WithinTarget { met, missed, undecided };
            if let (Some(share), Some((low, high))) = (within.share(), within.bounds()) {
                prop_assert!(low <= share + 1e-12 && share <= high + 1e-12);
                let (lower, upper) = within.interval().expect("some are decided");
                prop_assert!(lower <= share + 1e-12 && share <= upper + 1e-12);
            }
        }
    }
}
