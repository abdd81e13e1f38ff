//! The typed workflow. Built by `parse`, stored in the log as canonical JSON, read back by serde.

mod claims;
mod clock;
mod concern;
mod day_time;
mod expect;
mod ladder;
mod link;
mod opening;
mod plan;

pub use claims::{ClaimRule, ClaimWarning, TakeOver};
pub use clock::{
    Anchor, CLOCK_TARGETS, CalendarChoice, ClockKind, ClockRule, CountDay, ExtendRule, NoTarget,
    Roll, TARGETS, Target, Trigger,
};
pub use concern::{HandOver, OpenResults};
pub use day_time::{DayTime, NoDayTime};
pub use expect::ExpectRule;
pub use ladder::{Ladder, NoOffset, OFFSETS, Offset, Rung};
pub use link::{LinkEffect, LinkKind};
pub use opening::{CountedPlace, OpeningRule, ProposalPart};
pub use plan::{ActionRule, AddedBy, PlanEffect, SettledBy, Settling, Which};

use super::expression::Expression;
use crate::domain::ids::{
    ClockName, EventName, LadderName, MoveName, ReasonCode, RoleName, StateName, TeamId,
    WorkflowName,
};
use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::borrow::Cow;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Definition {
    pub format: u32,
    pub workflow: WorkflowName,
    pub version: u32,
    pub title: String,
    pub roles: IndexMap<RoleName, RoleRule>,
    pub states: IndexMap<StateName, StateRule>,
    pub moves: IndexMap<MoveName, MoveRule>,
    /// Moves that the first opening of the text makes, and nobody by hand.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub openings: Vec<OpeningRule>,
    #[serde(default)]
    pub clocks: IndexMap<ClockName, ClockRule>,
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub ladders: IndexMap<LadderName, Ladder>,
    /// Without it a claim lasts until it is given back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub claims: Option<ClaimRule>,
    /// Without it nobody is reminded of the actions of the child's plan.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub actions: Option<ActionRule>,
    pub routing: Vec<RoutingRule>,
    #[serde(default)]
    pub derive: IndexMap<String, DeriveRule>,
}

impl Definition {
    #[must_use]
    pub fn ladder_of(&self, clock: &ClockName) -> Option<Cow<'_, Ladder>> {
        if clock.is_of_claim() {
            return self.claims.as_ref().map(|rule| Cow::Owned(rule.ladder()));
        }
        let name = if clock.is_of_action() {
            &self.actions.as_ref()?.ladder
        } else {
            self.clocks.get(clock)?.ladder.as_ref()?
        };
        self.ladders.get(name).map(Cow::Borrowed)
    }

    /// Every rung that can be raised, by its clock; those of the child's plan and of claims come last.
    pub fn rungs(&self) -> impl Iterator<Item = (ClockName, Offset)> {
        let lease = self.claims.iter().map(|_| ClockName::of_claim());
        let plan = self.actions.iter().map(|_| ClockName::of_action());
        let clocks = self.clocks.keys().cloned().chain(plan).chain(lease);
        clocks.flat_map(|clock| {
            let ladder = self.ladder_of(&clock).map(Cow::into_owned);
            let rungs = ladder.map_or_else(Vec::new, |ladder| ladder.0);
            rungs.into_iter().map(move |rung| (clock.clone(), rung.at))
        })
    }

    /// Whether the opening of the text makes a move: then nobody makes it by hand.
    #[must_use]
    pub fn is_made_by_opening(&self, name: &MoveName) -> bool {
        self.openings.iter().any(|rule| rule.makes == *name)
    }

    /// Whether some role that may make the move has to have opened the text.
    #[must_use]
    pub fn asks_sight(&self, name: &MoveName) -> bool {
        let mut roles = self.moves.get(name).into_iter().flat_map(|rule| &rule.by);
        roles.any(|role| self.roles.get(role).is_some_and(|rule| rule.opened))
    }

    /// Whether restricted moves alone start a clock: its being there would tell of them.
    #[must_use]
    pub fn is_restricted(&self, clock: &ClockRule) -> bool {
        clock.start.iter().all(|trigger| {
            let mut emitters = self.moves.values().filter(|m| m.emits == trigger.event);
            emitters.all(|m| m.restricted)
        })
    }
}

/// A relation between a person and a request that lets moves pass.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RoleRule {
    pub title: String,
    /// Holders of one of these grants …
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub any_of: Vec<RoleName>,
    /// … given for this team, or anywhere.
    #[serde(default)]
    pub of: Scope,
    /// … or whoever stands in this relation to the request. Exactly one of the two is set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub relation: Option<Relation>,
    /// … who has opened the text of the request: nobody decides about what they have not seen.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub opened: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Scope {
    /// The grant is for the team that owns the request.
    #[default]
    Owner,
    Anywhere,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Relation {
    Requester,
    /// Who answers for the requester while their school or office is closed, as long as the
    /// request is held by the requester.
    Cover,
    Worker,
    /// Who took the last decision (a move marked `decision`), or proposed what was decided.
    Decider,
    /// Who has proposed what waits to be confirmed.
    Proposer,
    /// Who has claimed the request.
    ClaimHolder,
    /// Who is named to do the actions of the child's plan that the act settles.
    Action,
    /// Who passed on the child protection concern that the act names.
    ConcernAuthor,
    /// The responder who has taken over the open child protection concern that the act names.
    ConcernHolder,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StateRule {
    pub title: String,
    /// In words for the family.
    pub meaning: String,
    #[serde(default)]
    pub held_by: StateHolder,
    /// No clock is owed any more; moves may still reopen it.
    #[serde(default)]
    pub ends: bool,
    /// Help is agreed and nobody is free to give it.
    #[serde(default)]
    pub waiting: bool,
    /// Help is being given: the child waits no longer.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub helping: bool,
    /// Outside the process it is only said that the request moved to another process.
    #[serde(default)]
    pub restricted: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum StateHolder {
    #[default]
    Team,
    /// The named worker, or the team while there is none.
    Worker,
    Requester,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MoveRule {
    pub title: String,
    /// Opens a request; all other moves need one.
    #[serde(default)]
    pub opens: bool,
    pub by: Vec<RoleName>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub not_by: Vec<RoleName>,
    /// What has to hold for one of the roles in `by` alone; asked where no other role lets the move pass.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub by_when: IndexMap<RoleName, Guard>,
    /// First fitting path wins. The opening move has one, without `from`.
    pub paths: Vec<PathRule>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub guard: Option<Guard>,
    pub emits: EventName,
    /// JSON Schema 2020-12 of the data; `x-personal: child|request` marks what is sealed.
    pub data: Value,
    #[serde(default)]
    pub owner: OwnerRule,
    /// Dotted path in the data of the principal who asks from now on: another named person.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub requester: Option<String>,
    /// Dotted path in the data of the principal who becomes the worker, if present.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub worker: Option<String>,
    /// What it says of another request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub link: Option<LinkEffect>,
    /// What it does to the child's plan.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plan: Option<PlanEffect>,
    /// When help is expected, as it says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expects: Option<ExpectRule>,
    #[serde(default)]
    pub decision: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proposal: Option<ProposalPart>,
    /// A step of the hand-over of a child protection concern.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hand_over: Option<HandOver>,
    /// Dotted path in the data of the number of the concern; every step but `opens` has it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub concern: Option<String>,
    /// Of a move that closes a concern; without it every result is final.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub keeps_open: Option<OpenResults>,
    /// Of a move that takes a concern over: why its holder opens what was written, with titles.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub narrative: IndexMap<ReasonCode, String>,
    /// Accepted whatever the expected version says: it may not wait for a retry.
    #[serde(default)]
    pub any_version: bool,
    /// Published only on the restricted exchange; the ordinary one carries a stub.
    #[serde(default)]
    pub restricted: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum OwnerRule {
    /// The team stays; who holds the request is the new state's `held_by`.
    #[default]
    Same,
    /// As the routing rules say.
    Routed,
    Team(TeamId),
    /// The team named at this dotted path of the data.
    From(String),
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PathRule {
    pub from: FromStates,
    #[serde(default, skip_serializing_if = "Expression::is_always")]
    pub when: Expression,
    /// Asked once the path was taken: it chooses no other.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub guard: Option<Guard>,
    pub to: ToState,
}

impl PathRule {
    /// The request is in the same state after it.
    #[must_use]
    pub fn stays(&self) -> bool {
        matches!(self.to, ToState::Same)
    }
}

/// What has to hold, or the move is refused in these words.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Guard {
    pub asks: Expression,
    pub because: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FromStates {
    Start,
    Any,
    Of(Vec<StateName>),
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ToState {
    Same,
    State(StateName),
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RoutingRule {
    /// Empty for `otherwise`, which comes last and is never missing.
    #[serde(default, skip_serializing_if = "Expression::is_always")]
    pub when: Expression,
    pub team: RouteTo,
    pub because: String,
    /// It overlaps with later rules, and coming before them is meant.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub goes_first: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RouteTo {
    Team(TeamId),
    /// The organisation's receiving team for the locality code at this dotted path.
    LocalityAt(String),
}

/// A code made from personal data before it is sealed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DeriveRule {
    /// Bands of age in whole years at the time of the opening act: code -> first year (inclusive).
    AgeBand {
        birth_date: String,
        unborn: String,
        bands: IndexMap<String, u32>,
    },
    /// How long ago help was last asked for, for the same child: code -> at most so many months.
    AskedBefore { bands: IndexMap<String, u32> },
    /// Column of a reference table of the organisation, by the first of these paths that is found.
    Lookup {
        table: String,
        keys: Vec<String>,
        column: String,
    },
}
