//! What may be asked of a request. A command carries every fact that a rule needs.

use super::actor::Principal;
use super::entitle::Who;
use super::extension::Extend;
use super::rung::Raise;
use crate::domain::ids::{
    AgencyId, MoveName, PrincipalId, ReasonCode, Reference, RequestId, TeamId,
};
use crate::domain::organisation::Covers;
use jiff::Timestamp;
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use uuid::Uuid;

/// A move as it came through the door.
#[derive(Clone)]
pub struct AskedMove {
    pub move_name: MoveName,
    /// Personal until it is split, so without `Debug` of its own.
    pub data: Value,
}

impl std::fmt::Debug for AskedMove {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "AskedMove({}, masked)", self.move_name)
    }
}

/// One move asked for, with its data as it came through the door: checked, derived, split.
#[derive(Debug, Clone, PartialEq)]
pub struct Asked {
    pub move_name: MoveName,
    pub coded: Map<String, Value>,
    pub personal: super::event::Personal,
    /// Of the person whom the data names as requester, where it names one.
    pub agency: Option<AgencyId>,
}

/// What a first act needs and nobody else can know.
#[derive(Debug, Clone, PartialEq)]
pub struct OpeningFacts {
    pub reference: Reference,
    pub child: Uuid,
    /// Where the routing rules lead, and why; found in the organisation in force.
    pub routed: Routed,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Routed {
    pub team: TeamId,
    pub because: String,
}

#[derive(Debug, Clone, PartialEq)]
pub enum RequestCommand {
    /// One or more acts that stand or fall together.
    Act {
        asked: Vec<Asked>,
        opening: Option<OpeningFacts>,
    },
    /// With a reason it takes a colleague's claim over.
    Claim {
        reason: Option<ReasonCode>,
    },
    /// With a reason it gives a colleague's claim back.
    Release {
        reason: Option<ReasonCode>,
    },
    Extend(Box<Extend>),
    /// Asked by nobody but the timers.
    Raise(Box<Raise>),
    /// The person opens the text: asked by whatever shows it, once the reading is written down.
    Open {
        on: OpenedOn,
    },
}

/// Where a person opens the text of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OpenedOn {
    /// A page, where somebody signed in looks.
    Page,
    /// A program that somebody uses with a token of their own.
    Program,
}

/// Whether the person whose right counts has opened the text of the request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sight {
    Opened,
    Unopened,
    /// Imported and invented acts: nobody opened anything here. Members of the team that holds the request
    /// stand in the roles that ask for it.
    NotAsked,
}

/// A command with all that `decide` may look at.
#[derive(Debug, Clone, PartialEq)]
pub struct Facts {
    pub request: RequestId,
    /// Who is at the door: a person, or a service account.
    pub actor: Principal,
    /// The person a service account speaks for, with that person's own grants.
    pub on_behalf_of: Option<Principal>,
    pub occurred_at: Timestamp,
    /// A team is known when the organisation in force lists it.
    pub teams: std::sync::Arc<std::collections::BTreeSet<TeamId>>,
    /// Requests of the same authority that the data name, by reference; what is not here does not exist.
    pub references: BTreeMap<Reference, RequestId>,
    /// Who answers for whom at that time.
    pub covers: Covers,
    /// Work that was done before this system and is brought in now: nobody opened it here, so the
    /// workflow's roles alone are asked.
    pub is_import: bool,
    pub sight: Sight,
}

impl Facts {
    /// Whose right counts.
    #[must_use]
    pub fn person(&self) -> &Principal {
        self.on_behalf_of.as_ref().unwrap_or(&self.actor)
    }

    /// Whoever's right counts, as roles look at them.
    #[must_use]
    pub fn who(&self) -> Who<'_> {
        Who {
            person: self.person(),
            covers: &self.covers,
            sight: self.sight,
        }
    }

    #[must_use]
    pub fn person_id(&self) -> &PrincipalId {
        &self.person().id
    }
}
