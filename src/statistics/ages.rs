//! Ages of what is open at one moment. A snapshot meets long waits more often than short ones
//! (length bias): these ages describe a queue, they do not estimate how long a wait takes.

/// Percentiles of ages in days; by nearest rank, so each is the age of somebody who waits.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct OpenAges {
    pub count: usize,
    pub p50_days: f64,
    pub p90_days: f64,
    pub oldest_days: f64,
}

impl OpenAges {
    /// `None` when nothing is open.
    #[must_use]
    pub fn of(ages_days: &[f64]) -> Option<Self> {
        let mut ages = ages_days.to_vec();
        ages.sort_by(f64::total_cmp);
        Some(Self {
            count: ages.len(),
            p50_days: nearest_rank(&ages, 50)?,
            p90_days: nearest_rank(&ages, 90)?,
            oldest_days: *ages.last()?,
        })
    }
}

/// The smallest value that at least `percent` of all do not exceed.
fn nearest_rank(sorted: &[f64], percent: usize) -> Option<f64> {
    let rank = (sorted.len() * percent).div_ceil(100);
    sorted.get(rank.checked_sub(1)?).copied()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn percentiles_are_ages_of_somebody() {
        let ages = OpenAges::of(&[31.0, 6.0, 20.0, 9.0, 15.0]);
        let ages = ages.expect("five are open");
        assert_eq!((ages.p50_days, ages.p90_days), (15.0, 31.0));
        assert_eq!((ages.count, ages.oldest_days), (5, 31.0));
        assert_eq!(OpenAges::of(&[]), None);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(10_000))]

        #[test]
        fn at_least_the_share_is_not_older(ages in proptest::collection::vec(0u16..400, 1..60)) {
            let days: Vec<f64> = ages.iter().map(|days| f64::from(*days)).collect();
            let found = OpenAges::of(&days).expect("some are open");
            for (percent, limit) in [(50, found.p50_days), (90, found.p90_days)] {
                let up_to = days.iter().filter(|age| **age <= limit).count();
                let below = days.iter().filter(|age| **age < limit).count();
                prop_assert!(up_to * 100 >= percent * days.len());
                prop_assert!(below * 100 < percent * days.len());
            }
        }
    }
}
