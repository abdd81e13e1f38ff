//! What happened to a request. Stored for ever: a field is only ever added, with a default.

use super::concern::ConcernStep;
use super::expected::ExpectedDay;
use super::link::Link;
use super::plan::PlanStep;
use super::rung::RungId;
use crate::domain::ids::{
    AgencyId, ClockName, DefinitionHash, EventName, MoveName, PrincipalId, ReasonCode, Reference,
    RoleName, StateName, TeamId, WorkflowName,
};
use crate::domain::time::clock::Extension;
use crate::domain::workflow::definition::{HandOver, Target};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::fmt;
use uuid::Uuid;

/// Who looks after the request now. There is no way to say "nobody".
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Owner {
    pub team: TeamId,
    pub held_by: HeldBy,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum HeldBy {
    /// The team's queue.
    Team,
    /// The named worker.
    Worker(PrincipalId),
    /// Whoever asked: a question waits for the answer.
    Requester(PrincipalId),
}

/// Fields that name or describe people, as one JSON object a scope. They exist in memory between
/// the door and the seal; they are never written, printed or cached.
#[derive(Clone, Default, PartialEq)]
pub struct Personal {
    /// Under the child's key.
    pub child: Map<String, Value>,
    /// Under the request's key.
    pub request: Map<String, Value>,
}

impl fmt::Debug for Personal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Personal(masked)")
    }
}

/// How the actor was entitled to act.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ActedAs {
    /// The key of the definition's `roles` that let the act pass.
    pub role: RoleName,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agency: Option<AgencyId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub team: Option<TeamId>,
}

/// A question that came while whoever asked was away.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CoveredBy {
    pub by: PrincipalId,
    pub agency: AgencyId,
}

/// What only the first act knows; pins the request to its definition.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Opening {
    pub workflow: WorkflowName,
    pub version: u32,
    pub definition: DefinitionHash,
    pub reference: Reference,
    /// The named person or lead professional.
    pub requester: PrincipalId,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agency: Option<AgencyId>,
    pub child: Uuid,
    /// When help was first asked for; not when we learned of it.
    pub received_at: Timestamp,
    /// The service account that sent it for the requester, where one did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub carried_by: Option<PrincipalId>,
}

/// One human act: a move of the definition, done.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Act {
    /// The definition's `emits`; also the stored event type.
    pub name: EventName,
    #[serde(rename = "move")]
    pub move_name: MoveName,
    /// Absent for the opening act.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<StateName>,
    pub to: StateName,
    pub owner: Owner,
    /// The team that held the request before, when this act took it away.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub left_team: Option<TeamId>,
    /// Why the request was routed to its owner, in the words of the routing rule.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub because: Option<String>,
    pub acted_as: ActedAs,
    /// The named person from now on, where the act says so: no clock starts anew for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub requester: Option<PrincipalId>,
    /// Of whoever asks from now on, where it is not that of the opening.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agency: Option<AgencyId>,
    /// Who answers instead, because the requester's school or office was closed at the time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cover: Option<CoveredBy>,
    /// Who is the named worker from now on, where the act says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub worker: Option<PrincipalId>,
    /// Another request that it links to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub link: Option<Link>,
    /// What it did to the child's plan.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plan: Option<PlanStep>,
    /// When help is expected, where the act says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expected: Option<ExpectedDay>,
    /// Who decided, where the act is a decision: a challenge goes to somebody else.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decided_by: Option<PrincipalId>,
    /// What became of a proposal with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proposal: Option<ProposalStep>,
    /// The opening of the text made it, and nobody's hand.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub by_opening: bool,
    /// What the act does to the claim on the request, where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub claim: Option<ClaimEffect>,
    /// A step of the hand-over of a child protection concern.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hand_over: Option<HandOver>,
    /// Which concern it was, and who took the step; absent before concerns had numbers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub concern: Option<ConcernStep>,
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub coded: Map<String, Value>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub opening: Option<Opening>,
    #[serde(skip)]
    pub personal: Personal,
}

/// What an act does to a proposal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ProposalStep {
    Made { by: PrincipalId },
    Confirmed,
    SentBack,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ClaimEffect {
    /// Its holder acted: the lease begins anew.
    Renewed,
    /// The request ended or went to another team.
    Dropped,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum RequestEvent {
    Act(Box<Act>),
    /// A member of the owning team took the request to work on it.
    Claimed {
        by: PrincipalId,
        team: TeamId,
        /// Of whoever asks, where it is not that of the opening.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        agency: Option<AgencyId>,
    },
    /// The claim was given back, or taken over by somebody who may.
    Released {
        by: PrincipalId,
        team: TeamId,
        claimed_by: PrincipalId,
        /// Of whoever asks, where it is not that of the opening.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        agency: Option<AgencyId>,
        /// Where it was somebody else's.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<ReasonCode>,
    },
    /// Time went by: a rung of a clock's ladder was reached.
    RungRaised(Box<RungRaised>),
    /// Somebody gave a clock more time before its target was missed.
    ClockExtended(Box<ClockExtended>),
    /// Time went by: the lease of a claim has ended, and the request is in the team's queue again.
    ClaimLapsed(Box<ClaimLapsed>),
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ClaimLapsed {
    /// Whose claim it was.
    pub claimed_by: PrincipalId,
    /// The last rung of the lease.
    pub raised: RungRaised,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ClockExtended {
    pub clock: ClockName,
    /// From 1.
    pub spell: u32,
    /// In the unit of the clock's target.
    pub by: Target,
    pub reason: ReasonCode,
    /// Which held the request then.
    pub team: TeamId,
    /// Of whoever asks, where it is not that of the opening.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agency: Option<AgencyId>,
    /// Where whoever gave it has claimed the request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub claim: Option<ClaimEffect>,
}

impl ClockExtended {
    #[must_use]
    pub fn at(&self, at: Timestamp) -> Extension {
        Extension {
            at,
            by: self.by,
            reason: self.reason.to_string(),
        }
    }
}

/// What stays said, whatever is corrected later.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RungRaised {
    #[serde(flatten)]
    pub rung: RungId,
    /// The instant of the rung itself, however late it was raised.
    pub due_at: Timestamp,
    /// Quiet hours: nobody needs to be told before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_before: Option<Timestamp>,
    #[serde(default)]
    pub tell: Vec<RoleName>,
    /// The target is missed.
    #[serde(default)]
    pub missed: bool,
    /// Which held the request then.
    pub team: TeamId,
    /// Of whoever asks, where it is not that of the opening.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agency: Option<AgencyId>,
    /// Who answers instead, because the requester was away at the time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cover: Option<CoveredBy>,
}

impl RequestEvent {
    /// The stored event type, kebab-case; an act carries its definition's name.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Self::Act(act) => act.name.as_str(),
            Self::Claimed { .. } => "claimed",
            Self::Released { .. } => "released",
            Self::RungRaised(_) => "rung-raised",
            Self::ClaimLapsed(_) => "claim-lapsed",
            Self::ClockExtended(_) => "clock-extended",
        }
    }
}

/// The names that the engine keeps for itself; a definition may not emit them.
pub const GENERIC_EVENT_NAMES: [&str; 5] = [
    "claimed",
    "released",
    "rung-raised",
    "claim-lapsed",
    "clock-extended",
];
