//! Control and run charts: what of a series is noise, and what has a cause.
//!
//! Must not guess: below the points that a rule needs there are no limits and no signals, and the
//! answer says so. Invariant: limits of a phase rest on its own points, or on its frozen baseline.

pub mod between;
pub mod proportions;
pub mod run;
pub mod signals;
pub mod xmr;

use serde::Serialize;

/// Fewer points give limits that mean nothing (NHS England, "Making data count").
pub const POINTS_NEEDED: usize = 13;

/// Where a series is judged anew, and on what its limits rest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Phase {
    /// Index of its first point; the first phase begins at 0.
    pub from: usize,
    /// The baseline: limits rest on so many first points and stay as they were then.
    pub frozen: Option<usize>,
}

impl Phase {
    pub const WHOLE: Self = Self {
        from: 0,
        frozen: None,
    };
}

#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Limits {
    pub centre: f64,
    pub lower: f64,
    pub upper: f64,
}

/// Why nothing is said of a phase.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct TooFew {
    pub points: usize,
    pub needed: usize,
}

/// One phase of a chart.
#[derive(Debug, Clone, PartialEq)]
pub struct Part {
    pub from: usize,
    /// After its last point.
    pub to: usize,
    /// One a point, because a share's limits follow its own denominator.
    pub limits: Result<Vec<Limits>, TooFew>,
    /// Indexes into the whole series.
    pub signals: Vec<signals::Signal>,
}

/// Takes a series apart at its step changes. `limits` sees the points that a phase's limits rest on
/// and all of its points. A phase that begins outside the series or before the one before it is
/// left out.
fn parts<T>(
    points: &[T],
    phases: &[Phase],
    limits: impl Fn(&[T], &[T]) -> Vec<Limits>,
    value: impl Fn(&T) -> f64,
) -> Vec<Part> {
    let mut starts: Vec<Phase> = Vec::new();
    for phase in std::iter::once(&Phase::WHOLE).chain(phases) {
        match starts.last_mut() {
            Some(last) if last.from == phase.from => *last = *phase,
            Some(last) if last.from > phase.from || phase.from >= points.len() => {}
            Some(_) | None => starts.push(*phase),
        }
    }
    let ends: Vec<usize> = starts.iter().skip(1).map(|p| p.from).collect();
    let ends = ends.into_iter().chain([points.len()]);
    starts
        .into_iter()
        .zip(ends)
        .map(|(phase, to)| {
            let all = &points[phase.from..to];
            let rests_on = &all[..phase.frozen.unwrap_or(all.len()).min(all.len())];
            if rests_on.len() < POINTS_NEEDED {
                return Part {
                    from: phase.from,
                    to,
                    limits: Err(TooFew {
                        points: rests_on.len(),
                        needed: POINTS_NEEDED,
                    }),
                    signals: Vec::new(),
                };
            }
            let limits = limits(rests_on, all);
            let values: Vec<f64> = all.iter().map(&value).collect();
            Part {
                from: phase.from,
                to,
                signals: signals::find(&values, &limits, phase.from),
                limits: Ok(limits),
            }
        })
        .collect()
}

/// What the limits say of a target: met by chance alone, always, or never.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Assurance {
    /// Both limits are on the good side: noise alone will not miss it.
    Reliably,
    /// It lies between the limits: met or missed by chance.
    ByChance,
    /// Both limits are on the bad side: not without a change of the work itself.
    NotAsItIs,
}

#[must_use]
pub fn assurance(limits: Limits, target: f64, lower_is_better: bool) -> Assurance {
    let (good, bad) = if lower_is_better {
        (limits.upper <= target, limits.lower > target)
    } else {
        (limits.lower >= target, limits.upper < target)
    };
    match (good, bad) {
        (true, _) => Assurance::Reliably,
        (_, true) => Assurance::NotAsItIs,
        (false, false) => Assurance::ByChance,
    }
}
