//! Aalen–Johansen over ages in blocks: the same estimate as `competing`, which walks through all.
//!
//! The variance of a chance by some day is a sum over all steps up to it, each with the chance at that
//! day in it. Multiplied out it is made of sums that do not know the day.

use super::{Age, Ages, Block, Ties, up_to};
use crate::statistics::competing::{Incidence, incidence};
use crate::statistics::float;

/// The chance of one way to end by one day, with its interval.
pub type Chance = Incidence;

/// Of one way to end. `F` is its chance so far, `S` the share with no end before a step, `g` what the step
/// adds to the Greenwood sum.
#[derive(Debug, Clone, Copy, Default)]
struct Sums {
    /// `F`.
    chance: f64,
    /// Σ g F and Σ g F².
    greenwood_chance: f64,
    greenwood_square: f64,
    /// Σ S² d (n − d) / n³.
    own: f64,
    /// Σ S d / n² and Σ F S d / n².
    step: f64,
    step_chance: f64,
}

/// What some ages add, where nothing has ended before.
#[derive(Debug, Clone)]
pub(super) struct Added {
    survival: f64,
    greenwood: f64,
    ways: Vec<Sums>,
}

impl Added {
    fn nothing(ways: usize) -> Self {
        Self {
            survival: 1.0,
            greenwood: 0.0,
            ways: vec![Sums::default(); ways],
        }
    }

    pub(super) fn bytes_of(ways: usize) -> usize {
        ways * size_of::<Sums>()
    }

    /// Of ages up to a number of days, with so many at risk at the first.
    fn of(ties: Ties<'_>, mut at_risk: usize, (ways, until): (usize, f64)) -> Self {
        let mut added = Self::nothing(ways);
        let mut ended = vec![0_usize; ways];
        for tied in ties.take_while(|tied| tied.days() <= until) {
            ended.fill(0);
            let mut all = 0;
            for way in tied.each().filter_map(|age| age.way()) {
                if let Some(count) = ended.get_mut(way) {
                    *count += 1;
                    all += 1;
                }
            }
            if all > 0 {
                added.step(at_risk, all, &ended);
            }
            at_risk -= tied.count();
        }
        added
    }

    fn step(&mut self, at_risk: usize, all: usize, ended: &[usize]) {
        let (n, left) = (float(at_risk), float(at_risk - all));
        let before = self.survival;
        // When all that were at risk have ended, nothing can be added any more.
        let greenwood = if left > 0.0 {
            float(all) / (n * left)
        } else {
            0.0
        };
        for (sums, count) in self.ways.iter_mut().zip(ended) {
            if *count > 0 {
                let d = float(*count);
                let one = before * d / (n * n);
                sums.chance += before * d / n;
                sums.own += before * before * d * (n - d) / (n * n * n);
                sums.step += one;
                sums.step_chance += sums.chance * one;
            }
            sums.greenwood_chance += greenwood * sums.chance;
            sums.greenwood_square += greenwood * sums.chance * sums.chance;
        }
        self.greenwood += greenwood;
        self.survival *= 1.0 - float(all) / n;
    }

    /// After these, those.
    fn then(&mut self, next: &Self) {
        let share = self.survival;
        for (sums, next_sums) in self.ways.iter_mut().zip(&next.ways) {
            let chance = sums.chance;
            let tilted = share * next_sums.greenwood_chance;
            sums.greenwood_chance += chance * next.greenwood + tilted;
            sums.greenwood_square += chance * chance * next.greenwood
                + 2.0 * chance * tilted
                + share * share * next_sums.greenwood_square;
            sums.own += share * share * next_sums.own;
            sums.step += share * next_sums.step;
            sums.step_chance +=
                chance * share * next_sums.step + share * share * next_sums.step_chance;
            sums.chance += share * next_sums.chance;
        }
        self.greenwood += next.greenwood;
        self.survival *= next.survival;
    }

    fn chances(&self) -> Vec<Chance> {
        let ways = self.ways.iter();
        ways.map(|sums| {
            let share = sums.chance;
            let of_survival = share * share * self.greenwood - 2.0 * share * sums.greenwood_chance
                + sums.greenwood_square;
            let both = 2.0 * (share * sums.step - sums.step_chance);
            incidence(share, (of_survival + sums.own - both).max(0.0))
        })
        .collect()
    }
}

impl Ages {
    /// By each of `days`, which rise: the chance of each of so many ways to end, these and `others`
    /// together. `others` are in order and not kept.
    #[must_use]
    pub fn chances(&mut self, others: &[Age], ways: usize, days: &[f64]) -> Vec<Vec<Chance>> {
        self.ways_count = ways;
        let mut found = Vec::with_capacity(days.len());
        let mut so_far = Added::nothing(ways);
        let mut at_risk = self.count + others.len();
        let mut rest = others;
        for block in &mut self.blocks {
            let last = block.last_ms;
            let here = up_to(&mut rest, last);
            while let Some(day) = days
                .get(found.len())
                .filter(|day| **day < super::days(last))
            {
                let ties = Ties([&block.ages, here]);
                let mut until = so_far.clone();
                until.then(&Added::of(ties, at_risk, (ways, *day)));
                found.push(until.chances());
            }
            if found.len() == days.len() {
                return found;
            }
            block.add_to(&mut so_far, here, at_risk);
            at_risk -= block.ages.len() + here.len();
        }
        for day in days.iter().skip(found.len()) {
            let mut until = so_far.clone();
            until.then(&Added::of(Ties([&[], rest]), at_risk, (ways, *day)));
            found.push(until.chances());
        }
        found
    }
}

impl Block {
    fn add_to(&mut self, so_far: &mut Added, others: &[Age], at_risk: usize) {
        let all = (so_far.ways.len(), f64::MAX);
        if !others.is_empty() {
            so_far.then(&Added::of(Ties([&self.ages, others]), at_risk, all));
            return;
        }
        let kept = self.added.as_ref();
        let fits = kept.is_some_and(|(n, kept)| *n == at_risk && kept.ways.len() >= all.0);
        if !fits {
            let added = Added::of(Ties([&self.ages, &[]]), at_risk, all);
            self.added = Some((at_risk, added));
        }
        if let Some((_, added)) = &self.added {
            so_far.then(added);
        }
    }
}
