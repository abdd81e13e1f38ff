//! The shape of a scenario file, for the JSON Schema that editors read.

use crate::domain::ids::{
    Authority, ClockName, MoveName, PrincipalId, ReasonCode, RoleName, StateName, TeamId,
    WorkflowName,
};
use crate::domain::workflow::form::{OffsetForm, TargetForm};
use schemars::JsonSchema;
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// A story about a request: who does what, when, and where it stands afterwards.
#[derive(Debug, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct ScenarioFile {
    #[schemars(range(min = 1, max = 1))]
    pub format: u32,
    /// What it tells, in a sentence.
    #[schemars(length(min = 1))]
    pub scenario: String,
    pub workflow: WorkflowName,
    #[schemars(range(min = 1))]
    pub version: u32,
    /// Whose teams, calendars and people.
    pub organisation: Authority,
    #[schemars(length(min = 1))]
    pub steps: Vec<StepForm>,
}

/// Somebody does something, or one only looks.
#[derive(Debug, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct StepForm {
    /// By the clock on the wall: `Fri 2026-11-27 16:10`; never before the step before.
    pub at: Option<String>,
    /// Instead of `at`: so long after the step before, `3wd` at the same time of day three working
    /// days later, by the organisation's own calendar.
    pub after: Option<TargetForm>,
    /// Which request, where the story has several.
    #[schemars(length(min = 1))]
    pub request: Option<String>,
    /// Who does it: somebody of the files in `people`.
    #[schemars(rename = "as")]
    pub actor: Option<PrincipalId>,
    /// A move of the workflow, `claim`, `release`, `extend`, or `open`: they read it on a page.
    #[schemars(rename = "do")]
    pub does: Option<MoveName>,
    /// The name of a file in the folder `examples`.
    pub data: Option<String>,
    /// Laid over the example; `null` takes a field away.
    pub with: Option<Map<String, Value>>,
    /// With `claim` or `release`: why a colleague's claim is ended; with `extend`: why.
    pub reason: Option<ReasonCode>,
    /// With `extend`: the clock that is given more time …
    pub clock: Option<ClockName>,
    /// … and how much.
    pub by: Option<TargetForm>,
    /// More moves of the same command.
    #[schemars(length(min = 1))]
    pub then: Option<Vec<ThenForm>>,
    /// Why the rules say no: the code of a refusal, or `data`.
    pub refused: Option<String>,
    pub expect: Option<ExpectForm>,
}

#[derive(Debug, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct ThenForm {
    #[schemars(rename = "do")]
    pub does: MoveName,
    pub data: Option<String>,
    pub with: Option<Map<String, Value>>,
}

/// What is to be so after the step; what is not named is not looked at.
#[derive(Debug, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct ExpectForm {
    pub state: Option<StateName>,
    pub team: Option<TeamId>,
    pub held_by: Option<HolderForm>,
    pub requester: Option<PrincipalId>,
    pub worker: Option<PrincipalId>,
    /// Who has claimed it; `nobody`.
    pub claimed_by: Option<PrincipalId>,
    /// When the claim lapses, if its holder does nothing before: `Fri 2026-11-27 16:10`.
    pub claimed_until: Option<String>,
    /// No time of the claim goes by.
    pub claim_stands_still: Option<bool>,
    /// Who answers for the requester, whose school or office is closed.
    pub covered_by: Option<PrincipalId>,
    /// Some child protection concern has no final result yet.
    pub concern_open: Option<bool>,
    /// Exactly these concerns wait for somebody who answers, by number.
    pub concerns_unanswered: Option<Vec<u32>>,
    /// Who holds each open concern, in their order; `nobody`.
    pub concerns_held_by: Option<Vec<PrincipalId>>,
    /// Exactly these actions of the child's plan are open, by number.
    pub actions_open: Option<Vec<u32>>,
    /// Exactly these clocks run.
    pub running: Option<Vec<ClockName>>,
    /// Exactly these clocks are paused.
    pub paused: Option<Vec<ClockName>>,
    /// Exactly these clocks have met their target.
    pub met: Option<Vec<ClockName>>,
    /// Exactly these clocks have missed their target.
    pub missed: Option<Vec<ClockName>>,
    /// By when: a day, `Fri 2026-11-27`, or a time of it.
    pub due: Option<BTreeMap<ClockName, String>>,
    /// Working days used up, pauses taken off.
    pub working_days: Option<BTreeMap<ClockName, u32>>,
    /// Which run of the clock this is.
    pub spell: Option<BTreeMap<ClockName, u32>>,
    /// Rungs that were raised since the step before: `{ decide: [-2wd, 0] }`; `claim` is the lease, `action` the plan.
    pub raised: Option<BTreeMap<ClockName, Vec<OffsetForm>>>,
    /// Exactly the roles that were told by them: `{ decide: [team, team-lead] }`.
    pub told: Option<BTreeMap<ClockName, Vec<RoleName>>>,
}

#[derive(Debug, JsonSchema)]
#[schemars(rename_all = "kebab-case")]
pub enum HolderForm {
    Team,
    Worker,
    Requester,
}
