//! Response times as they may leave the view of those with a duty: counts as one table a clock,
//! shares and percentiles only of many.

use super::answer::{Answer, ClockFigures};
use crate::statistics::disclosure::table::suppress;
use crate::statistics::disclosure::{Policy, Shown};
use jiff::Timestamp;
use serde::Serialize;

#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub struct PublishedAnswer {
    pub figures_as_of: Timestamp,
    pub workflow: String,
    pub by: Option<String>,
    /// Counts from 1 up to this one are hidden, and others with them.
    pub hidden_below: u64,
    /// Shares and percentiles rest on at least so many.
    pub rates_from: u64,
    pub clocks: Vec<PublishedFigures>,
}

/// A count that is absent is hidden: it is small, or would tell one that is.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub struct PublishedFigures {
    pub clock: String,
    pub title: String,
    pub target: String,
    pub group: Option<String>,
    pub started: Option<u64>,
    pub within_target: Option<u64>,
    pub missed_stopped: Option<u64>,
    pub missed_open: Option<u64>,
    /// Open inside the target.
    pub undecided: Option<u64>,
    pub cancelled: Option<u64>,
    pub share_within_target: Option<f64>,
    pub median_days: Option<f64>,
    pub p85_days: Option<f64>,
    pub p95_days: Option<f64>,
    /// Without pauses.
    pub adjusted_median_days: Option<f64>,
}

#[must_use]
pub fn publish(answer: &Answer, policy: Policy) -> PublishedAnswer {
    let clocks = answer.clocks.chunk_by(|a, b| a.clock == b.clock);
    PublishedAnswer {
        figures_as_of: answer.figures_as_of,
        workflow: answer.workflow.clone(),
        by: answer.by.clone(),
        hidden_below: policy.fewer_than,
        rates_from: policy.rate_needs,
        clocks: clocks.flat_map(|groups| of_clock(groups, policy)).collect(),
    }
}

fn of_clock(groups: &[ClockFigures], policy: Policy) -> Vec<PublishedFigures> {
    let counts: Vec<Vec<u64>> = groups.iter().map(parts).collect();
    let table = suppress(&counts, policy);
    let rows = groups.iter().zip(&table.cells).zip(&table.rows);
    rows.map(|((figures, cells), total)| row(figures, cells, *total, policy))
        .collect()
}

/// What a clock's spells are, each counted once.
fn parts(figures: &ClockFigures) -> Vec<u64> {
    [
        figures.within_target,
        figures.missed_stopped,
        figures.missed_open,
        figures.open - figures.missed_open,
        figures.cancelled,
    ]
    .map(|count| count as u64)
    .to_vec()
}

fn row(figures: &ClockFigures, cells: &[Shown], total: Shown, policy: Policy) -> PublishedFigures {
    let cell = |at: usize| cells.get(at).and_then(|shown| shown.count());
    let decided = [0, 1, 2].map(cell).into_iter().sum::<Option<u64>>();
    let may_share = decided.is_some_and(|decided| policy.may_rate(decided));
    let many = total.count().is_some_and(|count| policy.may_rate(count));
    let of_many = |days: Option<f64>| days.filter(|_| many);
    PublishedFigures {
        clock: figures.clock.clone(),
        title: figures.title.clone(),
        target: figures.target.clone(),
        group: figures.group.clone(),
        started: total.count(),
        within_target: cell(0),
        missed_stopped: cell(1),
        missed_open: cell(2),
        undecided: cell(3),
        cancelled: cell(4),
        share_within_target: figures.share_within_target.filter(|_| may_share),
        median_days: of_many(figures.kaplan_meier_days.median),
        p85_days: of_many(figures.kaplan_meier_days.p85),
        p95_days: of_many(figures.kaplan_meier_days.p95),
        adjusted_median_days: of_many(figures.adjusted_for_pauses_days.median),
    }
}
