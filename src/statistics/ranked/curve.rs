//! Kaplan–Meier over ages in blocks: the same estimate as `kaplan_meier`, which walks through all.

use super::{Age, Ages, Block, Ties, days, up_to};
use crate::statistics::kaplan_meier::{Estimate, Interval, Step};
use crate::statistics::{ROUNDING, Z_95};

/// What is read off a curve, so that the rest of it need not be worked out.
#[derive(Debug, Clone, Copy)]
pub struct Wanted<'a> {
    /// Shares that have ended.
    pub quantiles: &'a [f64],
    /// Rising.
    pub days: &'a [f64],
}

#[derive(Debug, Clone, PartialEq)]
pub struct Curve {
    /// In the order of what was wanted; `None` when so many have not ended.
    pub quantiles: Vec<Option<f64>>,
    pub median_interval: Interval,
    /// The share still waiting.
    pub survival: Vec<f64>,
}

/// What a block does to the running product and to the Greenwood sum.
#[derive(Debug, Clone, Copy)]
pub(super) struct Factor {
    survival: f64,
    greenwood: f64,
}

/// Where a walk has come to.
#[derive(Debug, Clone, Copy)]
struct At {
    survival: f64,
    greenwood: f64,
    at_risk: usize,
}

impl Ages {
    /// These and `others`, which are in order and not kept.
    #[must_use]
    pub fn curve(&mut self, others: &[Age], wanted: Wanted<'_>) -> Curve {
        let mut reading = Reading::of(wanted);
        let mut at = At {
            survival: 1.0,
            greenwood: 0.0,
            at_risk: self.count + others.len(),
        };
        let mut rest = others;
        for block in &mut self.blocks {
            let last = block.last_ms;
            let here = up_to(&mut rest, last);
            let end = block.pass(here, at);
            if reading.may_be_met(at, end, last) {
                reading.walk(Ties([&block.ages, here]), at);
            }
            at = end;
        }
        reading.walk(Ties([&[], rest]), at);
        reading.end()
    }
}

impl Block {
    fn pass(&mut self, others: &[Age], at: At) -> At {
        let left = at.at_risk - self.ages.len() - others.len();
        let kept = self.factor.filter(|(at_risk, _)| *at_risk == at.at_risk);
        let factor = match kept {
            Some((_, factor)) if others.is_empty() => factor,
            Some(_) | None => {
                let factor = factor_of(Ties([&self.ages, others]), at.at_risk);
                if others.is_empty() {
                    self.factor = Some((at.at_risk, factor));
                }
                factor
            }
        };
        At {
            survival: at.survival * factor.survival,
            greenwood: at.greenwood + factor.greenwood,
            at_risk: left,
        }
    }
}

fn factor_of(ties: Ties<'_>, mut at_risk: usize) -> Factor {
    let mut estimate = Estimate::default();
    for tied in ties {
        let stopped = tied.stopped_count();
        if stopped > 0 {
            estimate.pass(at_risk, stopped);
        }
        at_risk -= tied.count();
    }
    let (survival, greenwood) = estimate.so_far();
    Factor {
        survival,
        greenwood,
    }
}

/// Where more than 0.55 wait and the interval is so narrow that neither end of it comes to a half: told
/// without logarithms, for most blocks of many lie there. By log(−log) the lower end is at a half where
/// z √greenwood / −ln S is ln(ln 2 / −ln S), which is more than 0.147 while S is more than 0.55; and −ln S
/// is at least 1 − S.
fn is_narrow(before: At, after: At) -> bool {
    let width = 0.147 * (1.0 - before.survival);
    after.survival > 0.55 && Z_95 * Z_95 * after.greenwood < width * width
}

/// What was found so far of what was wanted.
struct Reading<'a> {
    wanted: Wanted<'a>,
    quantiles: Vec<Option<f64>>,
    lower: Option<f64>,
    upper: Option<f64>,
    survival: Vec<f64>,
    last: f64,
}

impl<'a> Reading<'a> {
    fn of(wanted: Wanted<'a>) -> Self {
        Self {
            wanted,
            quantiles: vec![None; wanted.quantiles.len()],
            lower: None,
            upper: None,
            survival: Vec::with_capacity(wanted.days.len()),
            last: 1.0,
        }
    }

    /// Whether anything that is still looked for may lie between two places. Between them the product
    /// only falls and the sum only rises, which bounds both ends of the interval.
    fn may_be_met(&self, before: At, after: At, last_ms: i64) -> bool {
        let day = self.wanted.days.get(self.survival.len());
        if day.is_some_and(|day| *day < days(last_ms)) {
            return true;
        }
        let shares = self.wanted.quantiles.iter().zip(&self.quantiles);
        let mut open = shares.filter(|(_, found)| found.is_none());
        if open.any(|(p, _)| after.survival <= 1.0 - p + 2.0 * ROUNDING) {
            return true;
        }
        if is_narrow(before, after) {
            return false;
        }
        let half = 0.5 + 1e-9;
        // No upper end lies below its share.
        let seeks_upper = self.upper.is_none() && after.survival <= half;
        if self.lower.is_some() && !seeks_upper {
            return false;
        }
        if before.survival >= 1.0 || after.survival <= 0.0 {
            return true;
        }
        let (least, most) = (-before.survival.ln(), -after.survival.ln());
        let wide = Z_95 * after.greenwood.sqrt() / least;
        let narrow = Z_95 * before.greenwood.sqrt() / most;
        let lower = (-most * wide.exp()).exp();
        let upper = (-most * (-narrow).exp()).exp();
        self.lower.is_none() && lower <= half || seeks_upper && upper <= half
    }

    fn walk(&mut self, ties: Ties<'_>, at: At) {
        let mut estimate = Estimate::from(at.survival, at.greenwood);
        let mut at_risk = at.at_risk;
        self.last = at.survival;
        for tied in ties {
            let stopped = tied.stopped_count();
            if stopped > 0 {
                let step = estimate.step(tied.days(), at_risk, stopped);
                self.see(step);
            }
            at_risk -= tied.count();
        }
    }

    fn see(&mut self, step: Step) {
        self.days_before(step.days);
        self.last = step.survival;
        let meets = |value: f64, limit: f64| value <= limit + ROUNDING;
        for (p, found) in self.wanted.quantiles.iter().zip(&mut self.quantiles) {
            if found.is_none() && meets(step.survival, 1.0 - p) {
                *found = Some(step.days);
            }
        }
        if self.lower.is_none() && meets(step.lower, 0.5) {
            self.lower = Some(step.days);
        }
        if self.upper.is_none() && meets(step.upper, 0.5) {
            self.upper = Some(step.days);
        }
    }

    /// Wanted days that lie before a step have the share of the step before.
    fn days_before(&mut self, days: f64) {
        let wanted = self.wanted.days.iter().skip(self.survival.len());
        let passed = wanted.take_while(|day| **day < days).count();
        self.survival.extend(std::iter::repeat_n(self.last, passed));
    }

    fn end(mut self) -> Curve {
        self.days_before(f64::MAX);
        Curve {
            quantiles: self.quantiles,
            median_interval: Interval {
                lower_days: self.lower,
                upper_days: self.upper,
            },
            survival: self.survival,
        }
    }
}
