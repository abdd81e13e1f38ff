//! A curve with no more steps than can be seen.

use super::{Age, Ages, Tied, Ties, up_to};
use crate::statistics::ROUNDING;
use crate::statistics::kaplan_meier::{Estimate, KaplanMeier, Step};

struct Drawing {
    estimate: Estimate,
    width_ms: i64,
    at_risk: usize,
    /// Not yet drawn: the length, how many were at risk, and how many stopped.
    last: Option<(i64, usize, usize)>,
    steps: Vec<Step>,
}

impl Ages {
    /// These and `others`, which are in order. Of all steps within so many milliseconds the last one is
    /// drawn, and the one at which half have ended: at each multiple of the width, and at the median, the
    /// curve is exact.
    #[must_use]
    pub fn drawn(&self, others: &[Age], width_ms: i64) -> KaplanMeier {
        let mut drawing = Drawing {
            estimate: Estimate::default(),
            width_ms: width_ms.max(1),
            at_risk: self.count + others.len(),
            last: None,
            steps: Vec::new(),
        };
        let mut rest = others;
        for block in &self.blocks {
            let here = up_to(&mut rest, block.last_ms);
            drawing.walk(Ties([&block.ages, here]));
        }
        drawing.walk(Ties([&[], rest]));
        drawing.draw();
        KaplanMeier::of_steps(drawing.steps)
    }
}

impl Drawing {
    fn walk(&mut self, ties: Ties<'_>) {
        for tied in ties {
            let stopped = tied.stopped_count();
            if stopped > 0 {
                self.step(&tied, stopped);
            }
            self.at_risk -= tied.count();
        }
    }

    fn cell(&self, ms: i64) -> i64 {
        (ms + self.width_ms - 1).div_euclid(self.width_ms)
    }

    fn step(&mut self, tied: &Tied<'_>, stopped: usize) {
        let is_other = |(ms, _, _): (i64, usize, usize)| self.cell(ms) != self.cell(tied.ms);
        // The end of the interval is that of the step before where nobody is left.
        if self.last.is_some_and(is_other) || stopped == self.at_risk {
            self.draw();
        }
        let half = 0.5 + ROUNDING;
        let before = self.estimate.so_far().0;
        self.estimate.pass(self.at_risk, stopped);
        self.last = Some((tied.ms, self.at_risk, stopped));
        if before > half && self.estimate.so_far().0 <= half {
            self.draw();
        }
    }

    fn draw(&mut self) {
        if let Some((ms, at_risk, stopped)) = self.last.take() {
            let step = self.estimate.seen(super::days(ms), at_risk, stopped);
            self.steps.push(step);
        }
    }
}
