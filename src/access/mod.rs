//! Who may see and do what. `decide` is pure and denies by default; a token only says who asks.
//!
//! Invariant: rank alone opens no personal content. Content follows involvement: whoever asked,
//! works on it, holds the claim, has acted on it for the team, or leads the team that owns it.
//! What a person may *do* to a request is the workflow's to say (`domain::request::decide`).

mod readings;
mod senders;
mod tokens;

pub use readings::{Opened, Reader, Reading, ReadingError, Readings};
pub use senders::Senders;
pub use tokens::{Holder, TokenError, Tokens};

use crate::domain::ids::{AgencyId, PrincipalId, TeamId};
use crate::domain::request::actor::{Principal, PrincipalKind};
use std::collections::BTreeSet;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Action {
    /// Put a new request in, or make a move; the workflow's own roles then decide.
    Send,
    /// That the request exists: state, dates, who holds it.
    ReadSummary,
    /// What was written about the child and the family.
    ReadContent,
    /// The acts of a child protection concern, and where the request went.
    ReadRestricted,
    /// Who has opened the request.
    ReadReadings,
    ReadQueue,
    ReadCaseloads,
    ReadResponseTimes,
    /// Figures with small counts, for those with a duty.
    ReadIdentified,
    /// Which requests of a team a figure stands on, with their events; ids and codes.
    OpenFigures,
    /// Measures and the monthly pack, where small counts are hidden.
    ReadMeasures,
    /// Words, values and tests of change to figures.
    WriteMeasures,
    /// Lock the pack of a month.
    IssuePack,
    /// How many child protection concerns wait for an answer; which ones, for those who answer.
    ReadConcerns,
    ReadWorkflows,
    /// Be told of requests at an address of one's own.
    Subscribe,
    Claim,
    Operate,
}

/// How a principal stands to what is asked about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Standing {
    /// Holds any grant at all.
    Known,
    /// Asked for the help, or answers the question that waits.
    Requester,
    /// A service account of the requester's agency.
    Carrier,
    Worker,
    ClaimHolder,
    /// Has acted on the request, and is a member of the team that owns it.
    Involved,
    /// Did the restricted act itself.
    Author,
    /// Is asked to answer the child protection concern that is open.
    Answers,
    /// Is named to do an action of the child's plan that is open.
    Doer,
    /// Holds a grant for the owning team.
    Member,
    /// Leads the owning team.
    Lead,
    /// Leads some team.
    AnyLead,
    PartnershipManager,
    Analyst,
    Auditor,
    InformationGovernance,
    PlatformAdmin,
}

/// | action | enough is one of |
/// |---|---|
/// | send, read workflows, subscribe | known |
/// | read summary | requester, carrier, worker, claim holder, answers, doer, member, auditor, information governance |
/// | read content | requester, worker, claim holder, involved, answers, lead |
/// | read restricted | author, worker, claim holder, answers |
/// | read readings | lead, auditor, information governance |
/// | read queue | member |
/// | read caseloads | member, partnership manager |
/// | read response times | any lead, partnership manager, analyst, information governance |
/// | read identified | lead of the team that is asked about, partnership manager, information governance |
/// | open figures | lead, partnership manager, information governance |
/// | read measures | any lead, partnership manager, analyst, information governance |
/// | write measures | any lead, partnership manager, analyst |
/// | issue pack | partnership manager |
/// | read concerns | answers, partnership manager |
/// | claim | member |
/// | operate | platform admin |
///
/// Source: `reliability` access matrix; cells with break-glass or a second person are not built,
/// so they are denied.
#[must_use]
pub const fn enough_for(action: Action) -> &'static [Standing] {
    use Standing::{
        Analyst, Answers, AnyLead, Auditor, Author, Carrier, ClaimHolder, Doer,
        InformationGovernance, Involved, Known, Lead, Member, PartnershipManager, PlatformAdmin,
        Requester, Worker,
    };
    match action {
        Action::Send | Action::ReadWorkflows | Action::Subscribe => &[Known],
        Action::ReadSummary => &[
            Requester,
            Carrier,
            Worker,
            ClaimHolder,
            Answers,
            Doer,
            Member,
            Auditor,
            InformationGovernance,
        ],
        Action::ReadContent => &[Requester, Worker, ClaimHolder, Involved, Answers, Lead],
        Action::ReadRestricted => &[Author, Worker, ClaimHolder, Answers],
        Action::ReadReadings => &[Lead, Auditor, InformationGovernance],
        Action::ReadQueue | Action::Claim => &[Member],
        Action::ReadCaseloads => &[Member, PartnershipManager],
        Action::ReadResponseTimes => &[AnyLead, PartnershipManager, Analyst, InformationGovernance],
        Action::ReadIdentified => &[Lead, PartnershipManager, InformationGovernance],
        Action::OpenFigures => &[Lead, PartnershipManager, InformationGovernance],
        Action::ReadMeasures => &[AnyLead, PartnershipManager, Analyst, InformationGovernance],
        Action::WriteMeasures => &[AnyLead, PartnershipManager, Analyst],
        Action::IssuePack => &[PartnershipManager],
        Action::ReadConcerns => &[Answers, PartnershipManager],
        Action::Operate => &[PlatformAdmin],
    }
}

/// What access needs to know of a request; ids and codes only.
#[derive(Debug, Clone, Default)]
pub struct Involvement {
    pub team: Option<TeamId>,
    pub requester: Option<PrincipalId>,
    pub agency: Option<AgencyId>,
    pub worker: Option<PrincipalId>,
    pub claimed_by: Option<PrincipalId>,
    /// Whoever acted on it so far.
    pub acted: BTreeSet<PrincipalId>,
    /// Who did the restricted act that is asked about.
    pub authors: BTreeSet<PrincipalId>,
    /// The asking principal may answer the concern that is open.
    pub answers: bool,
    /// The asking principal is named in an open action of the child's plan.
    pub does: bool,
    /// The asking principal answers for the requester, who is away.
    pub covers: bool,
}

#[derive(Debug, Clone, Copy)]
pub enum Resource<'a> {
    /// The authority as a whole.
    Whole,
    Team(&'a TeamId),
    Request(&'a Involvement),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    Allowed,
    Denied,
}

impl Decision {
    #[must_use]
    pub fn is_allowed(self) -> bool {
        self == Self::Allowed
    }
}

#[must_use]
pub fn decide(principal: &Principal, action: Action, resource: Resource<'_>) -> Decision {
    let enough = enough_for(action);
    if enough
        .iter()
        .any(|standing| stands(principal, *standing, resource))
    {
        Decision::Allowed
    } else {
        Decision::Denied
    }
}

/// The roles of the organisation that access itself knows; all others matter to workflows alone.
const TEAM_LEAD: &str = "team-lead";
const PARTNERSHIP_MANAGER: &str = "partnership-manager";
const ANALYST: &str = "analyst";
const AUDITOR: &str = "auditor";
const INFORMATION_GOVERNANCE: &str = "information-governance";
const PLATFORM_ADMIN: &str = "platform-admin";

fn stands(principal: &Principal, standing: Standing, resource: Resource<'_>) -> bool {
    let role = |name: &str| {
        principal
            .grants
            .iter()
            .any(|grant| grant.role.as_str() == name)
    };
    let team = team_of(resource);
    let request = match resource {
        Resource::Request(request) => Some(request),
        Resource::Whole | Resource::Team(_) => None,
    };
    let is = |id: Option<&PrincipalId>| id == Some(&principal.id);
    match standing {
        Standing::Known => !principal.grants.is_empty(),
        Standing::Requester => request.is_some_and(|r| r.covers || is(r.requester.as_ref())),
        Standing::Carrier => {
            principal.kind == PrincipalKind::ServiceAccount
                && principal.agency().is_some()
                && request.is_some_and(|r| r.agency.as_ref() == principal.agency())
        }
        Standing::Worker => request.is_some_and(|r| is(r.worker.as_ref())),
        Standing::ClaimHolder => request.is_some_and(|r| is(r.claimed_by.as_ref())),
        Standing::Involved => {
            request.is_some_and(|r| r.acted.contains(&principal.id))
                && team.is_some_and(|team| principal.is_member_of(team))
        }
        Standing::Author => request.is_some_and(|r| r.authors.contains(&principal.id)),
        Standing::Answers => request.is_some_and(|r| r.answers),
        Standing::Doer => request.is_some_and(|r| r.does),
        Standing::Member => team.is_some_and(|team| principal.is_member_of(team)),
        Standing::Lead => team.is_some_and(|team| leads(principal, team)),
        Standing::AnyLead => role(TEAM_LEAD),
        Standing::PartnershipManager => role(PARTNERSHIP_MANAGER),
        Standing::Analyst => role(ANALYST),
        Standing::Auditor => role(AUDITOR),
        Standing::InformationGovernance => role(INFORMATION_GOVERNANCE),
        Standing::PlatformAdmin => role(PLATFORM_ADMIN),
    }
}

fn team_of(resource: Resource<'_>) -> Option<&TeamId> {
    match resource {
        Resource::Whole => None,
        Resource::Team(team) => Some(team),
        Resource::Request(request) => request.team.as_ref(),
    }
}

fn leads(principal: &Principal, team: &TeamId) -> bool {
    principal
        .grants
        .iter()
        .any(|grant| grant.role.as_str() == TEAM_LEAD && grant.team.as_ref() == Some(team))
}

#[cfg(test)]
mod tests;
