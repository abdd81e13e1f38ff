//! How often an address that does not answer is tried again, and for how long.

use std::time::Duration;

#[derive(Debug, Clone, Copy)]
pub struct Pace {
    /// After the first failure; twice as long after each further one.
    pub first_retry: Duration,
    pub longest_retry: Duration,
    /// From the first attempt on; then it is parked.
    pub give_up_after: Duration,
    /// With something parked and nothing that arrived; then the subscription ends.
    pub forget_after: Duration,
    /// Of one attempt.
    pub deadline: Duration,
    /// After an event, for those that come with it: so many small transactions are saved.
    pub gather: Duration,
    /// Where nothing rings.
    pub look_every: Duration,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            first_retry: Duration::from_secs(5),
            longest_retry: Duration::from_secs(12 * 3_600),
            give_up_after: Duration::from_secs(3 * 24 * 3_600),
            forget_after: Duration::from_secs(30 * 24 * 3_600),
            deadline: Duration::from_secs(15),
            gather: Duration::from_millis(50),
            look_every: Duration::from_millis(250),
        }
    }
}

impl Pace {
    /// After so many failures in all, with up to a tenth more, so that what failed together does not
    /// come back together. `chance` is from 0 to 1.
    #[must_use]
    pub fn retry_after(&self, failures: u32, chance: f64) -> Duration {
        let doublings = failures.saturating_sub(1).min(30);
        let pause = self.first_retry.saturating_mul(1 << doublings);
        pause.min(self.longest_retry).mul_f64(1.0 + chance / 10.0)
    }
}

#[cfg(test)]
mod tests {
    use super::Pace;
    use std::time::Duration;

    #[test]
    fn pauses_double_up_to_half_a_day_and_three_days_take_eighteen_attempts() {
        let pace = Pace::default();
        let pause = |failures| pace.retry_after(failures, 0.0).as_secs();
        assert_eq!([1, 2, 3, 4].map(pause), [5, 10, 20, 40]);
        assert_eq!([14, 15, 400].map(pause), [40_960, 43_200, 43_200]);
        assert_eq!(pace.retry_after(1, 1.0), Duration::from_millis(5_500));
        let mut waited = 0;
        let mut failures = 0;
        while waited <= pace.give_up_after.as_secs() {
            failures += 1;
            waited += pause(failures);
        }
        assert_eq!(failures, 19);
    }
}
