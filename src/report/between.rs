//! How long it takes from one rare thing to the next.

use super::measured::Ground;
use crate::charts::Mark;
use crate::domain::measures::{Figure, Measure};
use crate::projections::acts::Story;
use jiff::Timestamp;

/// Things that a chart goes back.
const THINGS: usize = 60;
const DAY_SECONDS: f64 = 86_400.0;

/// From one to the next.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Gap {
    pub(super) days: f64,
    /// That were asked for in between.
    pub(super) requests: usize,
}

/// In the order in which they happened, of all requests together.
pub(super) fn gaps_between(stories: &[Story], event: &str) -> Vec<Gap> {
    let acts = stories.iter().flat_map(|story| &story.acts);
    let acts = acts.filter(|act| act.event == event);
    let mut times: Vec<Timestamp> = acts.map(|act| act.occurred_at).collect();
    times.sort_unstable();
    let mut asked: Vec<Timestamp> = stories.iter().map(|s| s.opening().occurred_at).collect();
    asked.sort_unstable();
    let asked_by = |at: Timestamp| asked.partition_point(|asked| *asked <= at);
    times
        .windows(2)
        .map(|pair| Gap {
            days: pair[0].duration_until(pair[1]).as_secs_f64() / DAY_SECONDS,
            requests: asked_by(pair[1]) - asked_by(pair[0]),
        })
        .collect()
}

/// None at all of few things: each is somebody's.
pub(super) fn newest_gaps(ground: &Ground<'_>, mut all: Vec<Gap>) -> Vec<Gap> {
    if ground.policy.may_rate(all.len() as u64) {
        all.split_off(all.len().saturating_sub(THINGS))
    } else {
        Vec::new()
    }
}

/// By number and not by day: a day would point at one of them.
pub(super) fn gap_mark(measure: &Measure) -> impl Fn((usize, &Gap)) -> Mark {
    let in_requests = matches!(measure.figure, Figure::RequestsBetween { .. });
    move |(at, gap)| Mark {
        label: (at + 1).to_string(),
        value: if in_requests {
            crate::statistics::float(gap.requests)
        } else {
            gap.days
        },
        few: false,
    }
}
