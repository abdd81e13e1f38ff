//! Measures as data: what is counted, who answers for it, where it began and where it should go; and
//! what people say of a period.
//!
//! It computes nothing. Invariant: a measure without a baseline and its three targets cannot be
//! read, and a note that could name somebody is refused.

pub mod note;

use crate::domain::ids::{ClockName, EventName};
use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// `workflows/measures/<organisation>.yaml`
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MeasuresFile {
    pub format: u32,
    /// Name of the organisation.
    pub measures: String,
    pub status: String,
    /// The outcomes of the children's services plan, in its order.
    pub plan_outcomes: Vec<PlanOutcome>,
    pub caseload_weights: Weights,
    pub all: Vec<Measure>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PlanOutcome {
    pub id: String,
    pub title: String,
}

/// What a request weighs in a caseload: the usual weight, and more for what makes it heavier.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Weights {
    pub usual: f64,
    #[serde(default)]
    pub more: Vec<Weight>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Weight {
    /// A coded field of the opening act, or `state`.
    pub field: String,
    /// Any of these.
    pub codes: Vec<String>,
    pub weight: f64,
    pub because: String,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Measure {
    pub id: String,
    pub title: String,
    /// How it is counted, for whoever has to believe it.
    pub definition: String,
    /// Who answers for it: a role or an office, not a person.
    pub owner: String,
    /// Id of a plan outcome.
    pub plan_outcome: String,
    pub unit: Unit,
    pub better: Better,
    pub figure: Figure,
    pub baseline: Valued,
    pub targets: Targets,
    /// Typed in, each with its source.
    #[serde(default)]
    pub values: Vec<Valued>,
    /// First months of new levels, each with the change of work behind it.
    #[serde(default)]
    pub step_changes: Vec<StepChange>,
    /// So many first periods are the baseline that limits rest on.
    #[serde(default)]
    pub frozen_periods: Option<usize>,
    #[serde(default, skip_serializing_if = "Chart::is_control")]
    pub chart: Chart,
}

/// How its values are judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Chart {
    /// By limits: of shares, of values, or of times between rare things, whatever the figure is.
    #[default]
    Control,
    /// By runs about the median: for series too short or too odd for limits.
    Run,
}

impl Chart {
    #[expect(
        clippy::trivially_copy_pass_by_ref,
        reason = "serde asks with a reference"
    )]
    fn is_control(&self) -> bool {
        *self == Self::Control
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Unit {
    Count,
    /// 0 to 1
    Share,
    Days,
    /// Of the scale that people rate on.
    Points,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Better {
    Higher,
    Lower,
}

/// Where its values come from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Figure {
    /// People type them in: what this system cannot know.
    TypedIn,
    /// Requests that were asked for in a month.
    Requests,
    /// Of a clock that began in a month: the share within target of those that are decided.
    WithinTarget { clock: ClockName },
    /// The same for the least deprived fifth less that for the most deprived.
    EquityGap { clock: ClockName },
    /// Decisions of a month before which the child's views were sought.
    ViewsBeforeDecision,
    /// Decisions of a month with help that was right and could not be had.
    UnmetNeed,
    /// Hopes that were achieved, of all that were looked at again when help ended in a month.
    HopesAchieved,
    /// Mean change of wellbeing from the start of help to its end, of those that ended in a month.
    WellbeingChange,
    /// Requests of a month that were passed from team to team.
    HandOffs,
    /// Of a rare thing: the days from one to the next, over the whole authority.
    DaysBetween { event: EventName },
    /// The same in requests that were asked for meanwhile.
    RequestsBetween { event: EventName },
}

impl Figure {
    /// Its points are things that happened, and not periods.
    #[must_use]
    pub fn is_between(&self) -> bool {
        matches!(
            self,
            Self::DaysBetween { .. } | Self::RequestsBetween { .. }
        )
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Valued {
    /// `2017`, `2026-Q1` or `2026-07`.
    pub period: String,
    pub value: f64,
    pub source: String,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Targets {
    pub short_term: Target,
    pub medium_term: Target,
    pub impact: Target,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Target {
    pub value: f64,
    pub by: Date,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StepChange {
    /// `2026-07`
    pub from: String,
    pub because: String,
}

impl MeasuresFile {
    /// Everything wrong with it, in words.
    #[must_use]
    pub fn problems(&self) -> Vec<String> {
        let mut found = Vec::new();
        if self.format != 1 {
            found.push(format!("format: {} is not known; allowed: 1", self.format));
        }
        let outcomes: BTreeSet<&str> = self.plan_outcomes.iter().map(|o| o.id.as_str()).collect();
        let mut ids = BTreeSet::new();
        for measure in &self.all {
            let id = &measure.id;
            if !ids.insert(id) {
                found.push(format!("{id}: there are two measures of this id"));
            }
            if !outcomes.contains(measure.plan_outcome.as_str()) {
                let known: Vec<&str> = outcomes.iter().copied().collect();
                let (what, allowed) = (&measure.plan_outcome, known.join(", "));
                found.push(format!(
                    "{id}: plan_outcome `{what}` is not known; allowed: {allowed}"
                ));
            }
            let periods = measure.values.iter().map(|value| &value.period);
            let steps = measure.step_changes.iter().map(|step| &step.from);
            for period in periods.chain(steps).chain([&measure.baseline.period]) {
                if !is_period(period) {
                    let allowed = "2017, 2026-Q1 or 2026-07";
                    found.push(format!(
                        "{id}: `{period}` is not a period; allowed: {allowed}"
                    ));
                }
            }
            if measure.figure.is_between() && measure.chart == Chart::Run {
                found.push(format!(
                    "{id}: times between rare things have limits of their own; allowed: chart: control"
                ));
            }
            if measure.figure.is_between() && !measure.step_changes.is_empty() {
                found.push(format!(
                    "{id}: times between rare things have no months; allowed: no step_changes"
                ));
            }
            if measure.figure != Figure::TypedIn && !measure.values.is_empty() {
                found.push(format!(
                    "{id}: values of a figure that is counted cannot be typed in"
                ));
            }
        }
        let weights = self.caseload_weights.more.iter().map(|more| more.weight);
        if weights
            .chain([self.caseload_weights.usual])
            .any(|w| !(0.0..=100.0).contains(&w))
        {
            found.push("caseload_weights: a weight is out of range; allowed: 0 to 100".to_owned());
        }
        found
    }

    #[must_use]
    pub fn find(&self, id: &str) -> Option<&Measure> {
        self.all.iter().find(|measure| measure.id == id)
    }
}

impl Weights {
    /// `codes` gives the codes of a field of one request.
    pub fn of(&self, codes: impl Fn(&str) -> Vec<String>) -> f64 {
        let holds = |more: &&Weight| {
            let found = codes(&more.field);
            more.codes.iter().any(|code| found.contains(code))
        };
        let more = self.more.iter().filter(holds).map(|more| more.weight);
        self.usual + more.sum::<f64>()
    }
}

/// A year, a quarter or a month.
#[must_use]
pub fn is_period(text: &str) -> bool {
    let (year, rest) = text.split_once('-').unwrap_or((text, ""));
    let is_year = year.len() == 4 && year.bytes().all(|b| b.is_ascii_digit());
    let is_month = || {
        let month = rest.len() == 2 && rest.bytes().all(|b| b.is_ascii_digit());
        month && (1..=12).contains(&rest.parse().unwrap_or(0))
    };
    is_year
        && (rest.is_empty() && !text.contains('-')
            || ["Q1", "Q2", "Q3", "Q4"].contains(&rest)
            || is_month())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file() -> MeasuresFile {
        serde_saphyr::from_str(include_str!(
            "../../../workflows/measures/south-ayrshire.yaml"
        ))
        .unwrap()
    }

    #[test]
    fn the_shipped_measures_have_nothing_wrong_and_the_balance_of_care_went_from_19_to_11() {
        let file = file();
        assert_eq!(file.problems(), Vec::<String>::new());
        let balance = file.find("away-from-home-11-15").unwrap();
        assert_eq!(
            (balance.baseline.value, balance.baseline.period.as_str()),
            (19.0, "2015")
        );
        assert_eq!(balance.values.last().unwrap().value, 11.0);
        assert_eq!(file.plan_outcomes.len(), 5);
        assert!(file.all.iter().all(|measure| !measure.owner.is_empty()));
    }

    #[test]
    fn what_is_wrong_is_said_with_what_is_allowed() {
        let mut file = file();
        file.all[0].plan_outcome = "nothing".to_owned();
        file.all[1].id = file.all[0].id.clone();
        file.all[2].baseline.period = "last year".to_owned();
        file.caseload_weights.usual = -1.0;
        let problems = file.problems();
        assert_eq!(problems.len(), 4, "{problems:?}");
        assert!(
            problems
                .iter()
                .all(|problem| problem.contains("allowed") || problem.contains("two"))
        );
    }

    #[test]
    fn a_measure_without_targets_cannot_be_read() {
        let text = include_str!("../../../workflows/measures/south-ayrshire.yaml");
        let without = text.replacen("targets:", "aims:", 1);
        assert!(serde_saphyr::from_str::<MeasuresFile>(&without).is_err());
    }

    #[test]
    fn a_request_weighs_more_for_each_thing_that_holds() {
        let weights = Weights {
            usual: 1.0,
            more: vec![Weight {
                field: "urgency".to_owned(),
                codes: vec!["urgent".to_owned()],
                weight: 0.5,
                because: "It cannot wait.".to_owned(),
            }],
        };
        let of = |urgency: &str| weights.of(|_| vec![urgency.to_owned()]);
        assert_eq!((of("urgent"), of("routine")), (1.5, 1.0));
    }

    #[test]
    fn a_period_is_a_year_a_quarter_or_a_month() {
        for good in ["2017", "2026-Q1", "2026-12"] {
            assert!(is_period(good), "{good}");
        }
        for bad in [
            "",
            "17",
            "2026-",
            "2026-13",
            "2026-Q5",
            "2026-1",
            "2026-01-01",
        ] {
            assert!(!is_period(bad), "{bad}");
        }
    }
}
