//! Response times as of a moment: open requests count, and every figure says what it rests on.

use super::figures::figures;
use super::known::Known;
use super::seen::{Bounds, Seen};
use crate::domain::declared::Declared;
use crate::domain::ids::{ClockName, WorkflowName};
use crate::projections::shared::Shared;
use crate::projections::{QueryError, ReadPool};
use jiff::Timestamp;
use serde::Serialize;
use std::collections::BTreeMap;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

/// Which spells a question is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(tag = "view", rename_all = "kebab-case")]
pub enum Window {
    All,
    /// Those that started in `[from, to)`, followed up to the moment of the figures.
    Cohort {
        from: Timestamp,
        to: Timestamp,
    },
    /// Whatever was open at some time in `[from, to)`; of earlier starts only what happened from
    /// `from` on is looked at (left-truncated), and nothing after `to`.
    Period {
        from: Timestamp,
        to: Timestamp,
    },
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Question {
    pub authority: String,
    pub workflow: WorkflowName,
    pub clock: Option<ClockName>,
    /// A code of the opening act, `team` or `agency`.
    pub by: Option<String>,
    /// Only where this dimension has this code.
    pub only: Option<(String, String)>,
    pub window: Window,
    pub as_of: Timestamp,
}

impl Question {
    /// Every clock, all of it.
    #[must_use]
    pub fn whole(authority: &str, workflow: WorkflowName, as_of: Timestamp) -> Self {
        Self {
            authority: authority.to_owned(),
            workflow,
            clock: None,
            by: None,
            only: None,
            window: Window::All,
            as_of,
        }
    }
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
    /// The code of the dimension asked by; absent for the whole. Where several codes hold at once, a
    /// request counts under each, and groups add up to more than the whole.
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
    /// 95 % interval of that share.
    pub share_interval: Option<(f64, f64)>,
    /// If all that are open inside the target missed it, and if all met it.
    pub share_bounds: Option<(f64, f64)>,
    /// Of those that are open now.
    pub open_within_target_share: Option<f64>,
    /// Days from start to stop, with open requests as still waiting; pauses counted.
    pub kaplan_meier_days: Quantiles,
    /// The same with pauses taken off.
    pub adjusted_for_pauses_days: Quantiles,
    /// From the day on which help was first asked for: the child's own wait, which never pauses.
    pub childs_wait_days: Quantiles,
    pub survival_at_days: BTreeMap<String, f64>,
    /// How spells ended: the chance of each way, with 95 % interval, where the others compete.
    pub outcomes: Vec<OutcomeFigures>,
    /// Of a period: the smallest number at risk up to the median. Below about ten the curve stands
    /// on very few.
    pub fewest_at_risk: Option<usize>,
    /// Of the stopped ones alone; shown because others show it, and too short by nature. Never of a
    /// period.
    pub closed_only_days: ClosedFigures,
    pub oldest_open_days: Option<f64>,
    /// Ages of what is open now. A snapshot meets long waits more often than short ones: this is not
    /// how long a wait takes.
    pub open_ages_snapshot_days: Option<OpenAgesFigures>,
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
pub struct OutcomeFigures {
    /// The event that ended it.
    pub outcome: String,
    pub count: usize,
    /// By day: the chance, and its lower and upper bound.
    pub chance_by_days: BTreeMap<String, [f64; 3]>,
}

#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub struct OpenAgesFigures {
    pub p50: f64,
    pub p90: f64,
}

#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub struct ClosedFigures {
    pub mean: Option<f64>,
    pub median: Option<f64>,
}

/// Answers of a moment ago.
pub type Answers = Shared<Key, Answer>;

/// What two questions must have in common to have one answer.
#[derive(PartialEq, Eq, Hash)]
pub struct Key {
    question: Question,
    is_about_now: bool,
    position: String,
    declared: InForce,
}

impl Key {
    /// `position` and `declared` are what the answer stands on; a question about now is the same a
    /// moment later.
    #[must_use]
    pub fn of(
        question: &Question,
        is_about_now: bool,
        position: &str,
        declared: &Arc<Declared>,
    ) -> Self {
        let mut question = question.clone();
        if is_about_now {
            question.as_of = Timestamp::UNIX_EPOCH;
        }
        Self {
            question,
            is_about_now,
            position: position.to_owned(),
            declared: InForce(Arc::clone(declared)),
        }
    }
}

/// The same only as long as nothing else was published: compared by where it lies.
struct InForce(Arc<Declared>);

impl PartialEq for InForce {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl Eq for InForce {}

impl Hash for InForce {
    fn hash<H: Hasher>(&self, state: &mut H) {
        Arc::as_ptr(&self.0).hash(state);
    }
}

/// # Errors
/// When the read tables are out of reach, the dimension is not known, or a calendar is missing.
pub async fn query(
    pool: &ReadPool,
    declared: &Declared,
    question: &Question,
) -> Result<Answer, QueryError> {
    let spells = Bounds::of(question, i64::MAX).load(pool, declared).await?;
    check_dimensions(pool, question).await?;
    Ok(answer(declared, question, &spells))
}

/// What would have been answered when only that much was known.
///
/// # Errors
/// As `query`.
pub async fn query_known(
    pool: &ReadPool,
    known: &Known,
    question: &Question,
) -> Result<Answer, QueryError> {
    let spells = known.spells(pool, question).await?;
    check_dimensions(pool, question).await?;
    Ok(answer(&known.declared, question, &spells))
}

fn answer(declared: &Declared, question: &Question, spells: &[Seen]) -> Answer {
    let mut groups: BTreeMap<(String, Option<String>), Vec<&Seen>> = BTreeMap::new();
    for seen in spells {
        if question.by.is_none() {
            groups
                .entry((seen.clock.clone(), None))
                .or_default()
                .push(seen);
        }
        for group in &seen.groups {
            let key = (seen.clock.clone(), Some(group.clone()));
            groups.entry(key).or_default().push(seen);
        }
    }
    let clocks = groups
        .into_iter()
        .map(|(key, spells)| figures(declared, question, key, &spells))
        .collect();
    Answer {
        figures_as_of: question.as_of,
        workflow: question.workflow.to_string(),
        by: question.by.clone(),
        clocks,
    }
}

/// Whoever holds the request, which is no code of its opening.
const TEAM: &str = "team";

/// Every dimension that some request of the workflow has.
///
/// # Errors
/// When the read tables are out of reach.
pub async fn dimensions(pool: &ReadPool, question: &Question) -> Result<Vec<String>, QueryError> {
    let client = pool.get().await?;
    let statement = include_str!("../sql/response_times_dimensions.sql");
    let statement = client.prepare_cached(statement).await?;
    let workflow = question.workflow.as_str();
    let rows = client
        .query(&statement, &[&question.authority, &workflow])
        .await?;
    let mut found: Vec<String> = rows.iter().map(|row| row.get(0)).collect();
    if !found.is_empty() {
        found.push(TEAM.to_owned());
    }
    Ok(found)
}

/// All of them are only looked for where the one that is asked for is not among them.
pub(super) async fn check_dimensions(
    pool: &ReadPool,
    question: &Question,
) -> Result<(), QueryError> {
    let only = question.only.as_ref().map(|(dimension, _)| dimension);
    for asked in question.by.iter().chain(only) {
        if asked == TEAM || is_dimension(pool, question, asked).await? {
            continue;
        }
        let allowed = dimensions(pool, question).await?;
        if !allowed.is_empty() {
            return Err(QueryError::UnknownDimension {
                found: asked.clone(),
                allowed,
            });
        }
    }
    Ok(())
}

/// Some request of the workflow has it.
async fn is_dimension(
    pool: &ReadPool,
    question: &Question,
    dimension: &str,
) -> Result<bool, QueryError> {
    let client = pool.get().await?;
    let statement = include_str!("../sql/response_times_dimension.sql");
    let statement = client.prepare_cached(statement).await?;
    let workflow = question.workflow.as_str();
    let row = client
        .query_one(&statement, &[&question.authority, &workflow, &dimension])
        .await?;
    Ok(row.get(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_stands_on_the_same_ground_has_one_answer() {
        let declared = Arc::new(Declared::default());
        let workflow = WorkflowName::parse("example").unwrap();
        let at = |second| Timestamp::from_second(second).unwrap();
        let asked =
            |authority: &str, second| Question::whole(authority, workflow.clone(), at(second));
        let key =
            |question: &Question, now, position: &str| Key::of(question, now, position, &declared);
        let known = key(&asked("a", 1), true, "7");
        assert!(known == key(&asked("a", 2), true, "7"), "a moment later");
        assert!(known != key(&asked("b", 1), true, "7"), "another authority");
        assert!(known != key(&asked("a", 1), true, "8"), "another position");
        assert!(
            known != key(&asked("a", 0), false, "7"),
            "the beginning of time"
        );
        let clock = Some(ClockName::parse("decide").unwrap());
        let narrower = Question {
            clock,
            ..asked("a", 1)
        };
        assert!(known != key(&narrower, true, "7"), "one clock");
        let published = Arc::new(Declared::default());
        let after = Key::of(&asked("a", 1), true, "7", &published);
        assert!(known != after, "something else in force");
        let moment = key(&asked("a", 1), false, "7");
        assert!(moment != key(&asked("a", 2), false, "7"), "another moment");
    }
}
