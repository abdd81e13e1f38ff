//! Stories about requests that a team leader can read, walked through by the engine itself on a
//! clock of their own: who does what, when, and where the request stands afterwards.
//!
//! Pure. Invariant: a scenario and a server decide by the same function.

mod compare;
mod data;
pub mod form;
mod moment;
mod parse;
mod walk;
mod when;

pub use parse::parse_scenario_placed;
pub use walk::{Miss, Stage, Told, Walk, walk};
pub use when::When;

use super::definition::{Offset, Target};
use super::located::Place;
use crate::domain::ids::{
    Authority, ClockName, MoveName, PrincipalId, ReasonCode, RoleName, StateName, TeamId,
    WorkflowName,
};
use jiff::Timestamp;
use jiff::civil::Date;
use serde_json::{Map, Value};

/// The request of a step that names none.
pub const THE_REQUEST: &str = "request";

#[derive(Debug, Clone, PartialEq)]
pub struct Scenario {
    /// What it tells, in a sentence.
    pub title: String,
    pub workflow: WorkflowName,
    pub version: u32,
    /// Whose teams, calendars and people.
    pub organisation: Authority,
    pub steps: Vec<Step>,
}

/// A moment: somebody does something, or one only looks.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    pub place: Place,
    /// Never before the step before it.
    pub when: When,
    /// Which request, where a scenario tells of several.
    pub request: String,
    pub doing: Option<Doing>,
    /// The rules are to say no, for this reason.
    pub refused: Option<Refused>,
    pub expected: Vec<Expected>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Doing {
    pub by: PrincipalId,
    pub does: Does,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Does {
    /// With a reason a colleague's claim is taken over.
    Claim(Option<ReasonCode>),
    /// With a reason a colleague's claim is given back.
    Release(Option<ReasonCode>),
    Extend {
        clock: ClockName,
        by: Target,
        reason: ReasonCode,
    },
    /// Reads what was written, on a page.
    Open,
    /// One command: they stand or fall together.
    Moves(Vec<Done>),
}

/// One move with its data: an example of the workflow, changed.
#[derive(Debug, Clone, PartialEq)]
pub struct Done {
    pub move_name: MoveName,
    /// The name of a file in the workflow's folder `examples`.
    pub example: Option<String>,
    /// Laid over the example; `null` takes a field away (RFC 7396).
    pub with: Map<String, Value>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    pub place: Place,
    /// A code of `Refusal`, or `data` when the schema says no.
    pub code: String,
}

/// One thing that is to be so after a step.
#[derive(Debug, Clone, PartialEq)]
pub struct Expected {
    pub place: Place,
    pub what: What,
}

#[derive(Debug, Clone, PartialEq)]
pub enum What {
    State(StateName),
    Team(TeamId),
    HeldBy(Holder),
    Requester(PrincipalId),
    Worker(PrincipalId),
    /// Nobody where there is none.
    ClaimedBy(Option<PrincipalId>),
    /// When the lease ends, if its holder does nothing before.
    ClaimedUntil(Timestamp),
    ClaimStandsStill(bool),
    /// Who answers for the requester.
    CoveredBy(PrincipalId),
    ConcernOpen(bool),
    /// Exactly these concerns wait for somebody who answers, by number.
    ConcernsUnanswered(Vec<u32>),
    /// Who holds each open concern, in their order; nobody where none does.
    ConcernsHeldBy(Vec<Option<PrincipalId>>),
    /// Exactly these actions of the child's plan, by number.
    ActionsOpen(Vec<u32>),
    /// Exactly these.
    Clocks(ClockList, Vec<ClockName>),
    Due(ClockName, Due),
    /// Working days used up, pauses taken off.
    WorkingDays(ClockName, u32),
    /// Which run of the clock this is, from 1.
    Spell(ClockName, u32),
    /// Rungs that were raised since the step before.
    Raised(ClockName, Vec<Offset>),
    /// Exactly the roles that those rungs were for.
    Told(ClockName, Vec<RoleName>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Holder {
    Team,
    Worker,
    Requester,
}

/// Of the spell of every clock that says how it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClockList {
    Running,
    Paused,
    Met,
    Missed,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Due {
    /// By the end of the day.
    On(Date),
    At(Timestamp),
}
