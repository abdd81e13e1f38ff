//! Who may see and do what. `decide` is pure and denies by default; a token only says who asks.
//!
//! Invariant: rank alone opens no personal content. Content follows ties that end (`domain::request::sight`):
//! whoever asked, works on it, holds the claim, answers its concern, or leads the team that owns it.
//! Acting is decided with the rules: sight first (`sight`), then the workflow's own roles.

mod readings;
mod searches;
mod senders;
mod tokens;
mod viewers;

pub use readings::{Opened, Reader, Reading, ReadingError, Readings};
pub use searches::{
    NewSearch, RecordedSearch, SearchBudget, SearchReason, SearchStart, Searches, UnknownReason,
};
pub use senders::Senders;
pub use tokens::{Holder, TokenError, Tokens};
pub use viewers::{ViewerStanding, viewers_of};

use crate::domain::ids::TeamId;
use crate::domain::request::actor::{Principal, PrincipalKind};
use crate::domain::request::sight::{Involvement, Tie};

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Action {
    /// Put a new request in; the workflow's own roles then decide.
    Send,
    /// What to ring about a child protection concern.
    ReadConcernNumbers,
    /// Look a child up by a number of another system.
    Search,
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
    /// Who did what about the concerns of a request, whoever passed them on.
    KnowConcerns,
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
    /// Sends requests or works on them by role, or is the service account of an agency.
    Duty,
    /// Holds a role that some opening move of a workflow in force is for, or is a service account whose
    /// grant lists such a move.
    Opener,
    /// A service account of some agency.
    System,
    /// A tie to the request that is asked about.
    Tied(Tie),
    /// Did the restricted act itself that is asked about.
    Author,
    /// May answer child protection concerns wherever they come from.
    AnswersConcerns,
    /// Holds a grant for the team that is asked about.
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
/// | send | opener |
/// | subscribe | opener, system |
/// | read workflows, read concern numbers | known |
/// | search | duty |
/// | read summary | any tie to the request, auditor, information governance |
/// | read content | requester, worker, claim holder, lead |
/// | read restricted | author, worker, claim holder, concern holder |
/// | read readings | lead, auditor, information governance |
/// | read queue, claim | member |
/// | read caseloads | member, partnership manager |
/// | read response times | any lead, partnership manager, analyst, information governance |
/// | read identified | lead of the team that is asked about, partnership manager, information governance |
/// | open figures | lead, partnership manager, information governance |
/// | read measures | any lead, partnership manager, analyst, information governance |
/// | write measures | any lead, partnership manager, analyst |
/// | issue pack | partnership manager |
/// | read concerns | answers concerns, partnership manager |
/// | know concerns | responder to an open concern, lead |
/// | operate | platform admin |
///
/// Source: `reliability` access matrix; cells with break-glass or a second person are not built,
/// so they are denied.
#[must_use]
pub const fn enough_for(action: Action) -> &'static [Standing] {
    use Standing::{
        Analyst, AnswersConcerns, AnyLead, Auditor, Author, Duty, InformationGovernance, Known,
        Lead, Member, Opener, PartnershipManager, PlatformAdmin, System, Tied,
    };
    use Tie::{
        Carrier, ClaimHolder, ConcernAuthor, ConcernHolder, Doer, Requester, Responder, Worker,
    };
    match action {
        Action::Send => &[Opener],
        Action::Search => &[Duty],
        Action::Subscribe => &[Opener, System],
        Action::ReadWorkflows | Action::ReadConcernNumbers => &[Known],
        Action::ReadSummary => &[
            Tied(Requester),
            Tied(Carrier),
            Tied(Worker),
            Tied(ClaimHolder),
            Tied(Responder),
            Tied(ConcernHolder),
            Tied(ConcernAuthor),
            Tied(Doer),
            Tied(Tie::Member),
            Auditor,
            InformationGovernance,
        ],
        Action::ReadContent => &[Tied(Requester), Tied(Worker), Tied(ClaimHolder), Lead],
        Action::ReadRestricted => &[Author, Tied(Worker), Tied(ClaimHolder), Tied(ConcernHolder)],
        Action::ReadReadings => &[Lead, Auditor, InformationGovernance],
        Action::ReadQueue | Action::Claim => &[Member],
        Action::ReadCaseloads => &[Member, PartnershipManager],
        Action::ReadResponseTimes => &[AnyLead, PartnershipManager, Analyst, InformationGovernance],
        Action::ReadIdentified => &[Lead, PartnershipManager, InformationGovernance],
        Action::OpenFigures => &[Lead, PartnershipManager, InformationGovernance],
        Action::ReadMeasures => &[AnyLead, PartnershipManager, Analyst, InformationGovernance],
        Action::WriteMeasures => &[AnyLead, PartnershipManager, Analyst],
        Action::IssuePack => &[PartnershipManager],
        Action::ReadConcerns => &[AnswersConcerns, PartnershipManager],
        Action::KnowConcerns => &[Tied(Responder), Lead],
        Action::Operate => &[PlatformAdmin],
    }
}

/// What is asked about.
#[derive(Debug, Clone, Copy)]
pub enum Resource<'a> {
    /// The authority as a whole.
    Whole,
    /// The workflows in force, as far as they concern the principal.
    Workflows(WorkflowRights),
    Team(&'a TeamId),
    Request(&'a Involvement),
    /// One restricted act of a request.
    RestrictedAct {
        involvement: &'a Involvement,
        is_author: bool,
    },
}

/// What the roles of the workflows in force let a principal do, whichever request it is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct WorkflowRights {
    /// Some opening move is for them.
    pub may_open: bool,
    /// They may answer child protection concerns wherever they come from.
    pub answers_concerns: bool,
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
const SOCIAL_WORK_RESPONDER: &str = "social-work-responder";
/// Roles whose duty is to send requests or to work on them: they look children up. Whoever counts,
/// oversees or operates does not.
const DUTIES: [&str; 6] = [
    "named-person",
    "lead-professional",
    "locality-worker",
    TEAM_LEAD,
    "garf-member",
    SOCIAL_WORK_RESPONDER,
];

fn stands(principal: &Principal, standing: Standing, resource: Resource<'_>) -> bool {
    let role = |name: &str| {
        principal
            .grants
            .iter()
            .any(|grant| grant.role.as_str() == name)
    };
    let team = team_of(resource);
    match standing {
        Standing::Known => !principal.grants.is_empty(),
        Standing::Duty => match principal.kind {
            PrincipalKind::Person => DUTIES.into_iter().any(role),
            PrincipalKind::ServiceAccount => principal.agency().is_some(),
        },
        Standing::Opener => rights_of(resource).may_open,
        Standing::AnswersConcerns => rights_of(resource).answers_concerns,
        Standing::System => {
            principal.kind == PrincipalKind::ServiceAccount && principal.agency().is_some()
        }
        Standing::Tied(tie) => involvement_in(resource).is_some_and(|ties| ties.has(tie)),
        Standing::Author => matches!(
            resource,
            Resource::RestrictedAct {
                is_author: true,
                ..
            }
        ),
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

fn rights_of(resource: Resource<'_>) -> WorkflowRights {
    match resource {
        Resource::Workflows(rights) => rights,
        Resource::Whole
        | Resource::Team(_)
        | Resource::Request(_)
        | Resource::RestrictedAct { .. } => WorkflowRights::default(),
    }
}

fn involvement_in(resource: Resource<'_>) -> Option<&Involvement> {
    match resource {
        Resource::Request(involvement) | Resource::RestrictedAct { involvement, .. } => {
            Some(involvement)
        }
        Resource::Whole | Resource::Workflows(_) | Resource::Team(_) => None,
    }
}

fn team_of(resource: Resource<'_>) -> Option<&TeamId> {
    match resource {
        Resource::Team(team) => Some(team),
        Resource::Whole
        | Resource::Workflows(_)
        | Resource::Request(_)
        | Resource::RestrictedAct { .. } => {
            involvement_in(resource).and_then(|involvement| involvement.team.as_ref())
        }
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
