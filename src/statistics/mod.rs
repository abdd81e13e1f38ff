//! Pure statistics of waiting times, in days as `f64`, and of series and tables of counts.
//!
//! Must not know requests, clocks or calendars. Invariant: what is still open is never left out of
//! an estimate; a figure over ended ones alone says so in its name.

pub mod ages;
pub mod competing;
pub mod control;
pub mod disclosure;
pub mod kaplan_meier;
pub mod ranked;
pub mod summary;
pub mod target;

/// How long something took, or has taken so far.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Observation {
    /// Finite, not negative.
    pub days: f64,
    /// Whether it ended then; otherwise it was still open (right-censored).
    pub ended: bool,
}

/// What was seen of something from some age on: before that it is not known to have been at risk
/// (left-truncated), because it would not have been counted had it ended then.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Exposure {
    /// Age at which it was first looked at; 0 from its start on.
    pub entered_days: f64,
    /// Finite, at least `entered_days`.
    pub days: f64,
    /// How it ended, as a number of the caller's list; `None` while it was still open.
    pub outcome: Option<usize>,
}

impl From<Observation> for Exposure {
    fn from(observation: Observation) -> Self {
        Self {
            entered_days: 0.0,
            days: observation.days,
            outcome: observation.ended.then_some(0),
        }
    }
}

/// Two-sided 95 % of the standard normal distribution.
const Z_95: f64 = 1.959_963_984_540_054;
/// Products of fractions miss an exact half by rounding.
const ROUNDING: f64 = 1e-12;

#[expect(
    clippy::cast_precision_loss,
    reason = "counts of requests stay far below 2^53"
)]
pub(crate) fn float(count: usize) -> f64 {
    count as f64
}

/// What happened at one age, and to how many it could have happened.
#[derive(Debug, Clone)]
struct Tie {
    days: f64,
    at_risk_count: usize,
    /// By outcome.
    ended: Vec<usize>,
}

impl Tie {
    fn ended_count(&self) -> usize {
        self.ended.iter().sum()
    }
}

/// Ages at which something ended, in order. At ties events come before censorings, and whoever is
/// first looked at at that very age was not at risk yet; what ends at age 0 was at risk at age 0.
fn ties(exposures: &[Exposure], outcomes: usize) -> Vec<Tie> {
    let seen = |e: &&Exposure| e.entered_days < e.days || e.days <= 0.0;
    let mut leaving: Vec<&Exposure> = exposures.iter().filter(seen).collect();
    leaving.sort_by(|a, b| a.days.total_cmp(&b.days));
    let mut entries: Vec<f64> = leaving.iter().map(|e| e.entered_days).collect();
    entries.sort_by(f64::total_cmp);
    let mut left = 0;
    let mut ties = Vec::new();
    for tied in leaving.chunk_by(|a, b| a.days.total_cmp(&b.days).is_eq()) {
        let days = tied.first().map_or(0.0, |e| e.days);
        let entered = entries.partition_point(|entry| *entry < days || *entry <= 0.0);
        let mut ended = vec![0; outcomes];
        for outcome in tied.iter().filter_map(|e| e.outcome) {
            if let Some(count) = ended.get_mut(outcome) {
                *count += 1;
            }
        }
        let tie = Tie {
            days,
            at_risk_count: entered - left,
            ended,
        };
        if tie.ended_count() > 0 {
            ties.push(tie);
        }
        left += tied.len();
    }
    ties
}
