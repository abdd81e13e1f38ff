//! Refusals: the rules said no. Each carries what was found, the limit, and what is allowed.

use crate::domain::ids::{
    ClockName, MoveName, PrincipalId, ReasonCode, RoleName, StateName, TeamId, WorkflowName,
};
use crate::domain::workflow::definition::Target;
use jiff::Timestamp;

/// Where in what was asked: which of the moves, and the dotted path in its data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// From 0.
    pub index: usize,
    pub path: String,
}

impl Place {
    /// In the first move, until whoever knows says otherwise.
    #[must_use]
    pub fn at(path: &str) -> Self {
        Self {
            index: 0,
            path: path.to_owned(),
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("there is no such request")]
    NotFound,
    #[error("the request is open already")]
    AlreadyOpen,
    #[error("the workflow has no move `{found}`")]
    UnknownMove {
        found: MoveName,
        index: usize,
        allowed: Vec<MoveName>,
    },
    #[error("`{found}` is not possible while the request is `{state}`")]
    NotInThisState {
        found: MoveName,
        state: StateName,
        allowed: Vec<MoveName>,
    },
    #[error("`{found}` is not possible now: {because}")]
    Guarded {
        found: MoveName,
        /// In the words of the workflow.
        because: String,
    },
    #[error("there is no open action {found} in the child's plan")]
    NoSuchAction { found: u32, open: Vec<u32> },
    #[error("there is no open concern {found} that this can be done about")]
    NoSuchConcern {
        found: u32,
        /// Those about which it can be done.
        open: Vec<u32>,
    },
    #[error("somebody has answered for concern {found}: nobody needs to be rung about it again")]
    ConcernAnswered {
        found: u32,
        /// Those that still wait for somebody who answers.
        open: Vec<u32>,
    },
    #[error("you have taken over concern {found} already")]
    ConcernHeld { found: u32 },
    #[error("take over concern {found} first: its result comes from whoever holds it")]
    ConcernNotHeld { found: u32 },
    #[error("the child's plan has {limit} actions, and no more are kept")]
    TooManyActions { limit: usize },
    #[error("there is no request with the reference at `{}`", place.path)]
    UnknownReference { place: Place },
    #[error("the reference at `{}` is that of this request itself", place.path)]
    OwnReference { place: Place },
    #[error("the request is linked to {limit} others, and no more are kept")]
    TooManyLinks { limit: usize },
    #[error("the agency named at `{}` is not known here", place.path)]
    UnknownAgency { place: Place },
    #[error("`{workflow}` is not used in this child's cluster yet")]
    NotHereYet { workflow: WorkflowName },
    #[error("`{found}` is not open to you")]
    NotYours {
        found: MoveName,
        allowed: Vec<RoleName>,
    },
    #[error("`{found}` is for those who have opened the request: read it first, then do this")]
    NotOpened { found: MoveName },
    #[error("`{found}` is made by opening the request, and by nobody's hand")]
    MadeByOpening { found: MoveName },
    #[error("a service account cannot ask for help; name the person that it speaks for")]
    ServiceAccountAlone { allowed: Vec<RoleName> },
    #[error("there is no team `{found}`")]
    UnknownTeam {
        found: TeamId,
        /// Absent where the definition names it.
        place: Option<Place>,
        allowed: Vec<TeamId>,
    },
    #[error("`{}` is not the code of a {what}", place.path)]
    BadCode { place: Place, what: &'static str },
    #[error("the person that the service account speaks for is not known here")]
    UnknownPerson,
    #[error("the person named at `{}` is not known here", place.path)]
    UnknownNamedPerson { place: Place },
    #[error("the person named at `{}` cannot be that: {needs}", place.path)]
    UnfitNamedPerson { place: Place, needs: &'static str },
    #[error("the record was destroyed; nothing can be added to it")]
    Destroyed,
    /// The request is in a process that the person may not know of.
    #[error("this is not possible now")]
    HiddenState,
    #[error("`{found}` is not among the moves that this account may make for that person")]
    NotCarried {
        found: MoveName,
        allowed: Vec<MoveName>,
    },
    #[error("only members of the team that holds the request may do this")]
    NotInTeam,
    #[error("the request is `{state}`: nothing is left to claim")]
    Ended { state: StateName },
    #[error("a colleague holds the claim")]
    ClaimedByOther {
        holder: PrincipalId,
        /// With one of these it may be taken over; none for whoever may not.
        reasons: Vec<ReasonCode>,
    },
    #[error("nobody holds the claim")]
    NotClaimed,
    #[error("this is not one of the workflow's reasons for it")]
    UnknownReason { allowed: Vec<ReasonCode> },
    #[error("the clock `{found}` is not extended: {why}")]
    NotExtended { found: ClockName, why: NotExtended },
    #[error("the rung {found} cannot be raised: {why}")]
    RungNotDue { found: String, why: NotDue },
    #[error("the time given lies outside what is allowed: {rule}")]
    Time { place: Place, rule: &'static str },
}

impl Refusal {
    /// Every `code`.
    pub const CODES: [&'static str; 36] = [
        "not-found",
        "already-open",
        "unknown-move",
        "not-in-this-state",
        "guarded",
        "no-such-action",
        "no-such-concern",
        "concern-answered",
        "concern-held",
        "concern-not-held",
        "too-many-actions",
        "unknown-agency",
        "unknown-reference",
        "own-reference",
        "too-many-links",
        "not-here-yet",
        "not-yours",
        "not-opened",
        "made-by-opening",
        "service-account-alone",
        "unknown-team",
        "bad-code",
        "unknown-person",
        "unknown-named-person",
        "unfit-named-person",
        "destroyed",
        "hidden-state",
        "not-carried",
        "not-in-team",
        "ended",
        "claimed-by-other",
        "not-claimed",
        "unknown-reason",
        "time",
        "rung-not-due",
        "not-extended",
    ];

    /// The same, about the move of that index.
    #[must_use]
    pub fn of_move(mut self, of: usize) -> Self {
        match &mut self {
            Self::UnknownMove { index, .. } => *index = of,
            Self::UnknownTeam {
                place: Some(place), ..
            }
            | Self::BadCode { place, .. }
            | Self::UnknownNamedPerson { place }
            | Self::UnknownAgency { place }
            | Self::UnknownReference { place }
            | Self::OwnReference { place }
            | Self::UnfitNamedPerson { place, .. }
            | Self::Time { place, .. } => place.index = of,
            Self::UnknownTeam { place: None, .. }
            | Self::NotFound
            | Self::AlreadyOpen
            | Self::NotInThisState { .. }
            | Self::Guarded { .. }
            | Self::NoSuchAction { .. }
            | Self::NoSuchConcern { .. }
            | Self::ConcernAnswered { .. }
            | Self::ConcernHeld { .. }
            | Self::ConcernNotHeld { .. }
            | Self::TooManyActions { .. }
            | Self::TooManyLinks { .. }
            | Self::NotHereYet { .. }
            | Self::NotYours { .. }
            | Self::NotOpened { .. }
            | Self::MadeByOpening { .. }
            | Self::ServiceAccountAlone { .. }
            | Self::UnknownPerson
            | Self::Destroyed
            | Self::HiddenState
            | Self::NotCarried { .. }
            | Self::NotInTeam
            | Self::Ended { .. }
            | Self::ClaimedByOther { .. }
            | Self::UnknownReason { .. }
            | Self::NotClaimed
            | Self::RungNotDue { .. }
            | Self::NotExtended { .. } => {}
        }
        self
    }

    /// Its short name, for files and figures.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::NotFound => "not-found",
            Self::AlreadyOpen => "already-open",
            Self::UnknownMove { .. } => "unknown-move",
            Self::NotInThisState { .. } => "not-in-this-state",
            Self::Guarded { .. } => "guarded",
            Self::NoSuchAction { .. } => "no-such-action",
            Self::NoSuchConcern { .. } => "no-such-concern",
            Self::ConcernAnswered { .. } => "concern-answered",
            Self::ConcernHeld { .. } => "concern-held",
            Self::ConcernNotHeld { .. } => "concern-not-held",
            Self::TooManyActions { .. } => "too-many-actions",
            Self::UnknownAgency { .. } => "unknown-agency",
            Self::UnknownReference { .. } => "unknown-reference",
            Self::OwnReference { .. } => "own-reference",
            Self::TooManyLinks { .. } => "too-many-links",
            Self::NotHereYet { .. } => "not-here-yet",
            Self::NotYours { .. } => "not-yours",
            Self::NotOpened { .. } => "not-opened",
            Self::MadeByOpening { .. } => "made-by-opening",
            Self::ServiceAccountAlone { .. } => "service-account-alone",
            Self::UnknownTeam { .. } => "unknown-team",
            Self::BadCode { .. } => "bad-code",
            Self::UnknownPerson => "unknown-person",
            Self::UnknownNamedPerson { .. } => "unknown-named-person",
            Self::UnfitNamedPerson { .. } => "unfit-named-person",
            Self::Destroyed => "destroyed",
            Self::HiddenState => "hidden-state",
            Self::NotCarried { .. } => "not-carried",
            Self::NotInTeam => "not-in-team",
            Self::Ended { .. } => "ended",
            Self::ClaimedByOther { .. } => "claimed-by-other",
            Self::NotClaimed => "not-claimed",
            Self::UnknownReason { .. } => "unknown-reason",
            Self::Time { .. } => "time",
            Self::RungNotDue { .. } => "rung-not-due",
            Self::NotExtended { .. } => "not-extended",
        }
    }
}

/// Why a clock is given no more time.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotExtended {
    #[error("the workflow has no such clock that can be extended")]
    NoRule,
    #[error("that is for other roles")]
    NotYours { allowed: Vec<RoleName> },
    #[error("it does not run")]
    Ended,
    #[error("its target is missed already")]
    Missed { due_at: Option<Timestamp> },
    #[error("that was done as often as it may be: {at_most} in all")]
    TooOften { at_most: u32 },
    #[error("{found} is not within {longest}, the longest that is allowed, in its unit")]
    TooLong { found: Target, longest: Target },
    #[error("it counts by a calendar that is not in force")]
    NoCalendar,
}

/// Why a rung is not raised.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotDue {
    #[error("its clock has no such rung")]
    NoRung,
    #[error("its clock does not run any more")]
    Ended,
    #[error("its clock is paused")]
    Paused,
    #[error("another rung comes before it")]
    NotNext,
    #[error("it is early; it can be raised from {ready_at} on")]
    Early { ready_at: Timestamp },
    #[error("its clock counts by a calendar that is not in force")]
    NoCalendar,
}
