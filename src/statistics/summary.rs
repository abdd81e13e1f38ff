//! Figures over what has ended alone. They flatter a queue: what still waits is not in them, so
//! they are shown only beside the estimate that has it.

use super::{Observation, float};

/// Mean and median of the ended ones; `None` when none has ended.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct ClosedOnly {
    pub count: usize,
    pub mean_days: Option<f64>,
    /// Of an even count: the mean of the two in the middle.
    pub median_days: Option<f64>,
}

impl ClosedOnly {
    #[must_use]
    pub fn of(observations: &[Observation]) -> Self {
        let mut days: Vec<f64> = observations
            .iter()
            .filter(|o| o.ended)
            .map(|o| o.days)
            .collect();
        days.sort_by(f64::total_cmp);
        Self {
            count: days.len(),
            mean_days: mean(&days),
            median_days: median_of_sorted(&days),
        }
    }
}

/// The longest wait of those still open.
#[must_use]
pub fn oldest_open_days(observations: &[Observation]) -> Option<f64> {
    observations
        .iter()
        .filter(|o| !o.ended)
        .map(|o| o.days)
        .max_by(f64::total_cmp)
}

fn mean(days: &[f64]) -> Option<f64> {
    (!days.is_empty()).then(|| days.iter().sum::<f64>() / float(days.len()))
}

fn median_of_sorted(days: &[f64]) -> Option<f64> {
    let upper = *days.get(days.len() / 2)?;
    if days.len() % 2 == 1 {
        return Some(upper);
    }
    let lower = *days.get(days.len() / 2 - 1)?;
    Some(lower.midpoint(upper))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn observations(ended: &[f64], open: &[f64]) -> Vec<Observation> {
        let of = |ended| move |days: &f64| Observation { days: *days, ended };
        ended
            .iter()
            .map(of(true))
            .chain(open.iter().map(of(false)))
            .collect()
    }

    #[test]
    fn the_ended_seven_of_twelve_look_twice_as_fast_as_they_are() {
        let all = observations(
            &[2.0, 3.0, 3.0, 4.0, 5.0, 8.0, 12.0],
            &[6.0, 9.0, 15.0, 20.0, 31.0],
        );
        let closed = ClosedOnly::of(&all);
        assert_eq!(closed.count, 7);
        assert_eq!(closed.median_days, Some(4.0));
        assert!(
            closed
                .mean_days
                .is_some_and(|mean| (mean - 5.29).abs() < 0.005)
        );
        assert_eq!(oldest_open_days(&all), Some(31.0));
    }

    #[test]
    fn the_median_of_an_even_count_lies_between_the_two_in_the_middle() {
        let closed = ClosedOnly::of(&observations(&[4.0, 1.0, 3.0, 2.0], &[]));
        assert_eq!(closed.median_days, Some(2.5));
    }

    #[test]
    fn none_ended_is_not_zero_days() {
        let closed = ClosedOnly::of(&observations(&[], &[6.0]));
        assert_eq!(closed, ClosedOnly::default());
        assert_eq!(oldest_open_days(&observations(&[1.0], &[])), None);
    }
}
