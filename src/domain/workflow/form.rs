//! The shape of a workflow file as people write it, short forms and all, for the JSON Schema that
//! editors read. What may stand where is the parser's to say; a test holds the two together key by
//! key.

mod claims;
mod expect;
mod link;
mod opening;
mod plan;
mod target;

pub use claims::{ClaimsForm, TakeOverForm, WarningForm};
pub use expect::ExpectForm;
pub use link::LinkForm;
pub use opening::{OpeningForm, RoleConditionForm};
pub use plan::{ActionsForm, AddedForm, PlanForm};
pub use target::{ClockTargetForm, TargetForm};

use super::definition::{
    Anchor, ClockKind, CountDay, HandOver, ProposalPart, RoleRule, Roll, StateRule,
};
use crate::domain::ids::{
    CalendarName, ClockName, EventName, LadderName, MoveName, ReasonCode, RoleName, StateName,
    TeamId, WorkflowName,
};
use indexmap::IndexMap;
use schemars::JsonSchema;
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// One version of a workflow: who may do what, from which state to which, and by when.
#[derive(Debug, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct WorkflowFile {
    #[schemars(range(min = 1, max = 1))]
    pub format: u32,
    /// The name of the folder.
    pub workflow: WorkflowName,
    /// The number in the name of the file, `v1.yaml`.
    #[schemars(range(min = 1))]
    pub version: u32,
    #[schemars(length(min = 1))]
    pub title: String,
    #[schemars(extend("minProperties" = 1))]
    pub roles: IndexMap<RoleName, RoleRule>,
    #[schemars(extend("minProperties" = 1))]
    pub states: IndexMap<StateName, StateRule>,
    #[schemars(extend("minProperties" = 1))]
    pub moves: IndexMap<MoveName, MoveForm>,
    /// Moves that the first opening of the text makes, and nobody by hand.
    #[schemars(length(min = 1))]
    pub openings: Option<Vec<OpeningForm>>,
    pub clocks: Option<IndexMap<ClockName, ClockForm>>,
    /// Who is told before and after the target of a clock that names the ladder, the earliest first.
    pub ladders: Option<IndexMap<LadderName, LadderForm>>,
    /// How long the claim of a member of the team lasts without an act of theirs.
    pub claims: Option<ClaimsForm>,
    /// Who is told of an action of the child's plan whose day comes near or is over.
    pub actions: Option<ActionsForm>,
    /// The first rule that fits says which team a new request goes to.
    #[schemars(length(min = 1))]
    pub routing: Vec<RouteForm>,
    /// Codes made from personal data before it is sealed.
    pub derive: Option<IndexMap<String, DeriveForm>>,
}

/// What somebody may do.
#[derive(Debug, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct MoveForm {
    #[schemars(length(min = 1))]
    pub title: String,
    /// Opens a request; all other moves need one.
    pub opens: Option<bool>,
    /// Roles that may; one is enough.
    #[schemars(length(min = 1))]
    pub by: Vec<RoleName>,
    /// Roles that may not, whatever else they hold.
    #[schemars(length(min = 1))]
    pub not_by: Option<Vec<RoleName>>,
    /// What has to hold for one of the roles in `by` alone.
    #[schemars(extend("minProperties" = 1))]
    pub by_when: Option<IndexMap<RoleName, RoleConditionForm>>,
    /// With `to`, the short form of one path.
    pub from: Option<FromForm>,
    /// A state, or `same`.
    pub to: Option<StateName>,
    /// The first fitting path wins.
    #[schemars(length(min = 1))]
    pub paths: Option<Vec<PathForm>>,
    /// What has to hold, or the move is refused with `because`.
    pub guard: Option<ConditionForm>,
    /// Why the guard refuses, in plain words.
    #[schemars(length(min = 1))]
    pub because: Option<String>,
    /// The event that says that it was done.
    pub emits: EventName,
    /// JSON Schema 2020-12 of what is asked; `x-personal: child` or `request` is sealed.
    pub data: Map<String, Value>,
    pub owner: Option<OwnerForm>,
    /// Dotted path in the data of the principal who asks from now on.
    pub requester: Option<String>,
    /// Dotted path in the data of the principal who becomes the worker.
    pub worker: Option<String>,
    /// What it says of another request.
    pub link: Option<LinkForm>,
    /// What it does to the child's plan.
    pub plan: Option<PlanForm>,
    /// When help is expected, as it says.
    pub expects: Option<ExpectForm>,
    /// A challenge to it goes to somebody else.
    pub decision: Option<bool>,
    /// A decision that a second person confirms is proposed first.
    pub proposal: Option<ProposalPart>,
    /// A step of the hand-over of a child protection concern.
    pub hand_over: Option<HandOver>,
    /// Dotted path in the data of the number of the concern; every step but `opens` has it.
    pub concern: Option<String>,
    /// Of a move that closes a concern: dotted path of its result, and the codes that are not final.
    #[schemars(extend("minProperties" = 1, "maxProperties" = 1))]
    pub keeps_open: Option<BTreeMap<String, Vec<String>>>,
    /// Of a move that takes a concern over: codes and titles of why its holder opens what was written.
    #[schemars(extend("minProperties" = 1))]
    pub narrative: Option<IndexMap<ReasonCode, String>>,
    /// Accepted whatever the expected version says.
    pub any_version: Option<bool>,
    /// Published on the restricted exchange only.
    pub restricted: Option<bool>,
}

#[derive(Debug, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct PathForm {
    pub from: Option<FromForm>,
    pub when: Option<ConditionForm>,
    /// Asked once the path was taken: it chooses no other.
    pub guard: Option<ConditionForm>,
    /// Why the guard refuses, in plain words.
    #[schemars(length(min = 1))]
    pub because: Option<String>,
    /// A state, or `same`.
    pub to: StateName,
}

/// `start`, `any`, or a list of states.
#[derive(Debug, JsonSchema)]
#[schemars(untagged)]
pub enum FromForm {
    Word(FromWord),
    Of(#[schemars(length(min = 1))] Vec<StateName>),
}

#[derive(Debug, JsonSchema)]
#[schemars(rename_all = "kebab-case")]
pub enum FromWord {
    Start,
    Any,
}

/// An expression, as `data.result == "closed" && !claim.held`; or its short form: every dotted path
/// must hold one of its values, `"*"` is any.
#[derive(Debug, JsonSchema)]
#[schemars(untagged)]
pub enum ConditionForm {
    Text(ExpressionForm),
    Short(BTreeMap<String, Vec<Scalar>>),
}

/// Asks for `data.…` (this act), `request.…` (the opening act) and facts with ==, !=, <, <=, >, >=,
/// in, has(…), !, && and ||.
#[derive(Debug, JsonSchema)]
pub struct ExpressionForm(#[schemars(length(min = 1, max = 1000))] pub String);

#[derive(Debug, JsonSchema)]
#[schemars(untagged)]
pub enum Scalar {
    Text(String),
    Number(f64),
    Flag(bool),
}

/// Which team owns the request afterwards.
#[derive(Debug, JsonSchema)]
#[schemars(untagged)]
pub enum OwnerForm {
    Word(OwnerWord),
    Given(OwnerGiven),
}

#[derive(Debug, JsonSchema)]
#[schemars(rename_all = "kebab-case")]
pub enum OwnerWord {
    Same,
    Routed,
}

/// Exactly one of the two.
#[derive(Debug, JsonSchema)]
#[schemars(deny_unknown_fields, extend("minProperties" = 1, "maxProperties" = 1))]
pub struct OwnerGiven {
    pub team: Option<TeamId>,
    /// Dotted path in the data of the team.
    pub from: Option<String>,
}

/// What is held against a target, from one event to another.
#[derive(Debug, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct ClockForm {
    #[schemars(length(min = 1))]
    pub title: String,
    pub kind: Option<ClockKind>,
    pub target: ClockTargetForm,
    /// `owner-team`, `requester`, or the name of a calendar.
    pub calendar: Option<CalendarName>,
    #[schemars(length(min = 1))]
    pub start: Vec<TriggerForm>,
    /// Needed where the clock has no `restart`.
    #[schemars(length(min = 1))]
    pub stop: Option<Vec<TriggerForm>>,
    #[schemars(length(min = 1))]
    pub cancel: Option<Vec<TriggerForm>>,
    /// States in which it does not count.
    #[schemars(length(min = 1))]
    pub pause_in: Option<Vec<StateName>>,
    /// The longest that one pause may last; then the clock runs again by itself.
    pub pause_at_most: Option<LongestPause>,
    /// The clock that runs for the other side while this one pauses.
    pub waits_on: Option<ClockName>,
    /// Who is told before and after the target.
    pub ladder: Option<LadderName>,
    pub extend: Option<ExtendForm>,
    /// Ends the spell and begins the next at the same instant.
    #[schemars(length(min = 1))]
    pub restart: Option<Vec<TriggerForm>>,
    /// "Starting on the date": day 0 is the first of the target's calendar days.
    pub counts_first_day: Option<bool>,
    /// Which days count when it pauses.
    pub count_day: Option<CountDay>,
    /// Where a due day of calendar days goes that is no working day.
    pub roll: Option<Roll>,
    pub anchor: Option<Anchor>,
    /// A start after the stop opens a new spell.
    pub again: Option<bool>,
}

/// More time may be given before the target is missed.
#[derive(Debug, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct ExtendForm {
    /// Roles of this workflow.
    #[schemars(length(min = 1))]
    pub by: Vec<RoleName>,
    /// How often for one run of the clock.
    #[schemars(range(min = 1, max = 10))]
    pub at_most: u32,
    /// At one time, in the unit of the target.
    pub longest: TargetForm,
    /// Codes and their titles.
    #[schemars(extend("minProperties" = 1))]
    pub reasons: IndexMap<ReasonCode, String>,
    /// The law that allows it; of statutory clocks, and needed there.
    #[schemars(length(min = 1))]
    pub basis: Option<String>,
}

/// For every pausing state, or for each by its name.
#[derive(Debug, JsonSchema)]
#[schemars(untagged)]
pub enum LongestPause {
    Every(TargetForm),
    Each(BTreeMap<StateName, TargetForm>),
}

/// The earliest rung first; all offsets have one unit.
#[derive(Debug, JsonSchema)]
pub struct LadderForm(#[schemars(length(min = 1))] pub Vec<RungForm>);

/// Raised at most once for each run of a clock.
#[derive(Debug, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct RungForm {
    pub at: OffsetForm,
    /// Roles of this workflow.
    #[schemars(length(min = 1))]
    pub tell: Vec<RoleName>,
    /// It records that the target is missed; stands at 0.
    pub missed: Option<bool>,
    /// The last rung may come again, so far apart.
    pub every: Option<TargetForm>,
    /// How often `every` makes it come in all.
    #[schemars(range(min = 2, max = 20))]
    pub at_most: Option<u32>,
}

/// 0 for the target; `-3wd` before it, `+5wd` after it, in the unit of the clock.
#[derive(Debug, JsonSchema)]
#[schemars(untagged)]
pub enum OffsetForm {
    Target(#[schemars(range(min = 0, max = 0))] u32),
    Away(#[schemars(regex(pattern = r"^(0|[+-][1-9][0-9]{0,3}(wd|wh|min|d|w))$"))] String),
}

/// An event, or an event whose data fulfil a condition.
#[derive(Debug, JsonSchema)]
#[schemars(untagged)]
pub enum TriggerForm {
    Event(EventName),
    When(TriggerWhen),
}

#[derive(Debug, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct TriggerWhen {
    pub event: EventName,
    pub when: Option<ConditionForm>,
    /// Dotted path of the time at which it really happened.
    pub at: Option<String>,
}

/// `when` and `team`; or `otherwise`, which stands last.
#[derive(Debug, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct RouteForm {
    pub when: Option<ConditionForm>,
    pub team: Option<RouteTeam>,
    pub otherwise: Option<TeamId>,
    /// Why, for whoever reads it in the request.
    #[schemars(length(min = 1))]
    pub because: String,
    /// It overlaps with later rules, and coming before them is meant.
    pub goes_first: Option<bool>,
}

/// A team, or the receiving team of the locality at a dotted path.
#[derive(Debug, JsonSchema)]
#[schemars(untagged)]
pub enum RouteTeam {
    Team(TeamId),
    Locality(LocalityAt),
}

#[derive(Debug, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct LocalityAt {
    pub locality: String,
}

/// Exactly one way to make the code.
#[derive(Debug, JsonSchema)]
#[schemars(deny_unknown_fields, extend("minProperties" = 1, "maxProperties" = 1))]
pub struct DeriveForm {
    pub age_band: Option<AgeBandForm>,
    pub asked_before: Option<AskedBeforeForm>,
    pub lookup: Option<LookupForm>,
}

#[derive(Debug, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct AgeBandForm {
    pub birth_date: String,
    pub unborn: String,
    /// Code: first year, rising.
    pub bands: IndexMap<String, u32>,
}

/// How long ago help was last asked for, for the same child as far as the fields with `x-index` tell.
/// Besides the bands there are `first-time`, `longer-ago` and `not-known`.
#[derive(Debug, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct AskedBeforeForm {
    /// Code: at most so many months ago, rising.
    pub bands: IndexMap<String, u32>,
}

#[derive(Debug, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct LookupForm {
    pub table: String,
    #[schemars(length(min = 1))]
    pub keys: Vec<String>,
    pub column: String,
}
