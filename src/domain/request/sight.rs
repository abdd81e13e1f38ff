//! Who may know of a request, and so who may act on it: asked before the workflow's own roles are.
//!
//! Invariant: whoever may not see may not act, by whatever door. Every tie between a person and a request
//! is a fact of now with an end; having acted on it once is none.

use super::actor::{Principal, PrincipalKind};
use super::entitle::{Who, is_responder};
use super::state::Request;
use crate::domain::ids::TeamId;
use crate::domain::workflow::definition::{Definition, HandOver, MoveRule};
use smallvec::SmallVec;

/// One way in which a person and a request belong together, for as long as the fact behind it lasts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Tie {
    /// Asked for the help, or answers the question that waits for whoever did.
    Requester,
    /// Service account of the requester's agency.
    Carrier,
    /// Named worker; of a request that is over, the last one.
    Worker,
    /// Holds the claim.
    ClaimHolder,
    /// Is named to do an action of the child's plan that is open.
    Doer,
    /// Holds a grant for the team that owns the request.
    Member,
    /// Is one of those whose task it is to take over the child protection concern that is open.
    Responder,
    /// Has taken it over.
    ConcernHolder,
    /// Passed it on.
    ConcernAuthor,
}

impl Tie {
    pub const ALL: [Self; 9] = [
        Self::Requester,
        Self::Carrier,
        Self::Worker,
        Self::ClaimHolder,
        Self::Doer,
        Self::Member,
        Self::Responder,
        Self::ConcernHolder,
        Self::ConcernAuthor,
    ];

    /// Whether the tie tells in which state the request is even while that is restricted: those have
    /// to know who work on it, hold it, or answer the concern.
    #[must_use]
    pub const fn tells_state(self) -> bool {
        match self {
            Self::Worker
            | Self::ClaimHolder
            | Self::Member
            | Self::Responder
            | Self::ConcernHolder => true,
            Self::Requester | Self::Carrier | Self::Doer | Self::ConcernAuthor => false,
        }
    }
}

/// How a person stands to one request now. Whoever has no tie does not learn that it exists.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Involvement {
    /// Owner of the request; leading it is a role, which `access` knows.
    pub team: Option<TeamId>,
    ties: SmallVec<[Tie; 4]>,
}

impl Involvement {
    #[must_use]
    pub fn of(definition: &Definition, request: &Request, who: Who<'_>) -> Self {
        let person = who.person;
        let holds = |tie: &Tie| match tie {
            Tie::Requester => request.requester == person.id || who.covers(request),
            Tie::Carrier => carries(person, request),
            Tie::Worker => request.worker.as_ref() == Some(&person.id),
            Tie::ClaimHolder => request.claimed_by.as_ref() == Some(&person.id),
            Tie::Doer => request.plan.is_for(person, None),
            Tie::Member => person.is_member_of(&request.owner.team),
            Tie::Responder => request.is_concern_open() && is_responder(definition, request, who),
            Tie::ConcernHolder => request.holds_concern(&person.id),
            Tie::ConcernAuthor => request.is_concern_open() && request.passed_on(&person.id),
        };
        Self {
            team: Some(request.owner.team.clone()),
            ties: Tie::ALL.into_iter().filter(holds).collect(),
        }
    }

    /// Somebody with these ties to a request of this team.
    #[must_use]
    pub fn new(team: Option<TeamId>, ties: &[Tie]) -> Self {
        let ties = ties.into();
        Self { team, ties }
    }

    #[must_use]
    pub fn has(&self, tie: Tie) -> bool {
        self.ties.contains(&tie)
    }

    /// Whether the person may know that the request exists: its outline.
    #[must_use]
    pub fn sees_outline(&self) -> bool {
        !self.ties.is_empty()
    }

    /// Whether the person may know the state while the request is in another process.
    #[must_use]
    pub fn knows_state(&self) -> bool {
        self.ties.iter().any(|tie| tie.tells_state())
    }

    /// The rule before all roles. Opening the hand-over of a child protection concern is the one
    /// exception: it needs the outline alone, in every state, and tells nothing.
    ///
    /// # Errors
    /// With what the person may know: that there is no such request, or that it is not possible now.
    pub(super) fn check_sight(
        &self,
        definition: &Definition,
        request: &Request,
        act: SightedAct<'_>,
    ) -> Result<(), Unseen> {
        if !self.sees_outline() {
            return Err(Unseen::Request);
        }
        let state = definition.states.get(&request.state);
        let is_hidden = match act {
            SightedAct::Move(rule) if rule.hand_over == Some(HandOver::Opens) => false,
            SightedAct::Move(rule) if rule.restricted => !self.has(Tie::ConcernAuthor),
            SightedAct::Move(_) | SightedAct::Other => state.is_none_or(|rule| rule.restricted),
        };
        if is_hidden && !self.knows_state() {
            return Err(Unseen::State);
        }
        Ok(())
    }
}

/// What somebody wants to do to a request, as far as sight is concerned.
#[derive(Clone, Copy)]
pub(super) enum SightedAct<'a> {
    Move(&'a MoveRule),
    /// A claim, its end, or more time.
    Other,
}

/// What the person may not see, and so may not act on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unseen {
    Request,
    State,
}

fn carries(account: &Principal, request: &Request) -> bool {
    account.kind == PrincipalKind::ServiceAccount
        && account.agency().is_some()
        && request.agency.as_ref() == account.agency()
}

#[cfg(test)]
mod tests;
