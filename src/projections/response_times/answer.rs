//! Response times as of a moment: open requests count, and every figure says what it rests on.

use super::{SpellRow, load, reading};
use crate::domain::declared::Declared;
use crate::domain::ids::{ClockName, WorkflowName};
use crate::domain::time::clock::{Reading, SpellStatus};
use crate::projections::{QueryError, ReadPool};
use crate::statistics::Observation;
use crate::statistics::kaplan_meier::KaplanMeier;
use crate::statistics::summary::{ClosedOnly, oldest_open_days};
use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

const MS_PER_DAY: f64 = 86_400_000.0;
const SURVIVAL_DAYS: [u32; 5] = [1, 5, 10, 20, 40];

#[derive(Debug, Clone)]
pub struct Question {
    pub authority: String,
    pub workflow: WorkflowName,
    pub clock: Option<ClockName>,
    /// A code of the opening act, `team` or `agency`.
    pub by: Option<String>,
    pub as_of: Timestamp,
}

#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub struct Answer {
    /// The moment that the figures are about.
    pub figures_as_of: Timestamp,
    pub workflow: String,
    pub by: Option<String>,
    pub clocks: Vec<ClockFigures>,
}

#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub struct ClockFigures {
    pub clock: String,
    pub title: String,
    /// As the workflow states it, e.g. `5wd`.
    pub target: String,
    /// The code of the dimension asked by; absent for the whole.
    pub group: Option<String>,
    pub started: usize,
    pub stopped: usize,
    pub open: usize,
    pub cancelled: usize,
    /// Of the open ones: waiting for somebody else.
    pub paused: usize,
    /// Stopped within the target, with the time that was added to it.
    pub within_target: usize,
    /// Of the started ones: given more time.
    pub extended: usize,
    /// Stopped within the target that the workflow states, whatever more time was given.
    pub within_stated_target: usize,
    /// Stopped late, and open past the target.
    pub missed_stopped: usize,
    pub missed_open: usize,
    /// Within target, of all that are decided: stopped or past the target.
    pub share_within_target: Option<f64>,
    /// Days from start to stop, with open requests as still waiting.
    pub kaplan_meier_days: Quantiles,
    pub survival_at_days: BTreeMap<String, f64>,
    /// Of the stopped ones alone; shown because others show it, and too short by nature.
    pub closed_only_days: ClosedFigures,
    pub oldest_open_days: Option<f64>,
    pub median_working_days_stopped: Option<f64>,
    /// Share of the elapsed time that was spent in pauses.
    pub pause_share: Option<f64>,
}

#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub struct Quantiles {
    /// Absent where fewer than half have come so far: not reached.
    pub median: Option<f64>,
    pub median_low: Option<f64>,
    pub median_high: Option<f64>,
    pub p85: Option<f64>,
    pub p95: Option<f64>,
}

#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub struct ClosedFigures {
    pub mean: Option<f64>,
    pub median: Option<f64>,
}

/// # Errors
/// When the read tables are out of reach, the dimension is not known, or a calendar is missing.
pub async fn query(
    pool: &ReadPool,
    declared: &Declared,
    question: &Question,
) -> Result<Answer, QueryError> {
    let rows = load(
        pool,
        &question.authority,
        question.workflow.as_str(),
        question.clock.as_ref(),
        question.as_of,
    )
    .await?;
    check_dimension(&rows, question)?;
    let mut groups: BTreeMap<(String, Option<String>), Vec<Reading>> = BTreeMap::new();
    for row in rows {
        let group = question.by.as_ref().map(|by| code_of(&row, by));
        let key = (row.clock.clone(), group);
        if let Some(spell) = row.detail {
            groups
                .entry(key)
                .or_default()
                .push(reading(spell, declared, question.as_of)?.1);
        }
    }
    let clocks = groups
        .into_iter()
        .map(|((clock, group), readings)| figures(declared, question, clock, group, &readings))
        .collect();
    Ok(Answer {
        figures_as_of: question.as_of,
        workflow: question.workflow.to_string(),
        by: question.by.clone(),
        clocks,
    })
}

fn check_dimension(rows: &[SpellRow], question: &Question) -> Result<(), QueryError> {
    let Some(by) = &question.by else {
        return Ok(());
    };
    if rows.is_empty() || rows.iter().any(|row| row.dimensions.contains_key(by)) {
        return Ok(());
    }
    let allowed: BTreeSet<&String> = rows.iter().flat_map(|row| row.dimensions.keys()).collect();
    Err(QueryError::UnknownDimension {
        found: by.clone(),
        allowed: allowed.into_iter().cloned().collect(),
    })
}

fn code_of(row: &SpellRow, by: &str) -> String {
    row.dimensions
        .get(by)
        .and_then(Value::as_str)
        .unwrap_or(crate::domain::derive::NOT_KNOWN)
        .to_owned()
}

fn figures(
    declared: &Declared,
    question: &Question,
    clock: String,
    group: Option<String>,
    readings: &[Reading],
) -> ClockFigures {
    let count = |test: &dyn Fn(&Reading) -> bool| readings.iter().filter(|r| test(r)).count();
    let stopped = |r: &Reading| r.status == SpellStatus::Stopped;
    let within_target = count(&|r| stopped(r) && r.met == Some(true));
    let missed_stopped = count(&|r| stopped(r) && r.met == Some(false));
    let missed_open = count(&|r| r.status.is_open() && r.met == Some(false));
    let observations = observations(readings);
    let curve = KaplanMeier::of(&observations);
    let interval = curve.median_interval();
    let closed = ClosedOnly::of(&observations);
    let (title, target) = labels(declared, question, &clock);
    ClockFigures {
        title,
        target,
        clock,
        group,
        started: readings.len(),
        stopped: count(&stopped),
        open: count(&|r| r.status.is_open()),
        cancelled: count(&|r| r.status == SpellStatus::Cancelled),
        paused: count(&|r| r.status == SpellStatus::Paused),
        within_target,
        extended: count(&|r| r.extended),
        within_stated_target: count(&|r| stopped(r) && r.met_unextended == Some(true)),
        missed_stopped,
        missed_open,
        share_within_target: share(within_target, within_target + missed_stopped + missed_open),
        kaplan_meier_days: Quantiles {
            median: curve.median(),
            median_low: interval.lower_days,
            median_high: interval.upper_days,
            p85: curve.quantile(0.85),
            p95: curve.quantile(0.95),
        },
        survival_at_days: SURVIVAL_DAYS
            .into_iter()
            .map(|days| (days.to_string(), curve.survival_at(f64::from(days))))
            .collect(),
        closed_only_days: ClosedFigures {
            mean: closed.mean_days,
            median: closed.median_days,
        },
        oldest_open_days: oldest_open_days(&open_only(readings)),
        median_working_days_stopped: median_working_days(readings),
        pause_share: pause_share(readings),
    }
}

/// A cancelled spell is neither met nor waiting: it leaves the risk set when it is cancelled.
fn observations(readings: &[Reading]) -> Vec<Observation> {
    readings
        .iter()
        .map(|reading| Observation {
            days: days(reading.elapsed_ms),
            ended: reading.status == SpellStatus::Stopped,
        })
        .collect()
}

fn open_only(readings: &[Reading]) -> Vec<Observation> {
    let open = readings.iter().filter(|reading| reading.status.is_open());
    open.map(|reading| Observation {
        days: days(reading.elapsed_ms),
        ended: false,
    })
    .collect()
}

#[expect(
    clippy::cast_precision_loss,
    reason = "milliseconds of a few years fit a double exactly"
)]
fn days(ms: i64) -> f64 {
    ms as f64 / MS_PER_DAY
}

#[expect(clippy::cast_precision_loss, reason = "counts of requests")]
fn share(part: usize, whole: usize) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}

fn median_working_days(readings: &[Reading]) -> Option<f64> {
    let stopped: Vec<Observation> = readings
        .iter()
        .filter(|reading| reading.status == SpellStatus::Stopped)
        .map(|reading| Observation {
            days: f64::from(reading.working_days),
            ended: true,
        })
        .collect();
    ClosedOnly::of(&stopped).median_days
}

fn pause_share(readings: &[Reading]) -> Option<f64> {
    let sum = |of: fn(&Reading) -> i64| readings.iter().map(of).sum::<i64>();
    let elapsed = sum(|reading| reading.elapsed_ms);
    (elapsed > 0).then(|| days(sum(|reading| reading.paused_ms)) / days(elapsed))
}

fn labels(declared: &Declared, question: &Question, clock: &str) -> (String, String) {
    declared
        .newest_workflow(&question.workflow)
        .and_then(|workflow| workflow.definition.clocks.get(clock))
        .map(|rule| (rule.title.clone(), rule.target.to_string()))
        .unwrap_or_default()
}
