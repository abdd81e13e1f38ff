//! Who acts. Resolved from our own store of grants before a rule sees it; never from a token alone.

use crate::domain::ids::{AgencyId, MoveName, PrincipalId, RoleName, TeamId};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum PrincipalKind {
    Person,
    /// A system of a partner; it may carry a person's request but is nobody's named person.
    ServiceAccount,
}

/// One role held, limited to a team, an agency, both or neither.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Grant {
    pub role: RoleName,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub team: Option<TeamId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agency: Option<AgencyId>,
    /// Moves that a service account may make for people of its agency; a person's moves are the
    /// workflow's to say.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub moves: BTreeSet<MoveName>,
    /// Moves that it may make only on requests that it sent itself.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub moves_on_sent: BTreeSet<MoveName>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Principal {
    pub id: PrincipalId,
    pub kind: PrincipalKind,
    pub grants: Vec<Grant>,
    /// Service accounts of the person's agency that may act for them: the person agreed to it.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub carried_by: BTreeSet<PrincipalId>,
}

impl Grant {
    /// A role for a team, an agency, both or neither.
    #[must_use]
    pub fn new(role: RoleName, team: Option<TeamId>, agency: Option<AgencyId>) -> Self {
        Self {
            role,
            team,
            agency,
            moves: BTreeSet::new(),
            moves_on_sent: BTreeSet::new(),
        }
    }
}

impl Principal {
    /// Somebody for whom no service account acts.
    #[must_use]
    pub fn new(id: PrincipalId, kind: PrincipalKind, grants: Vec<Grant>) -> Self {
        Self {
            id,
            kind,
            grants,
            carried_by: BTreeSet::new(),
        }
    }

    /// The engine itself, when time goes by.
    #[must_use]
    pub fn engine() -> Self {
        let id = PrincipalId::of_engine();
        Self::new(id, PrincipalKind::ServiceAccount, Vec::new())
    }

    /// Whether this account may make the move for the person. `has_sent` says whether it sent the
    /// request, or is about to.
    #[must_use]
    pub fn may_carry(&self, person: &Self, move_name: &MoveName, has_sent: bool) -> bool {
        let is_granted = |grant: &Grant| {
            grant.moves.contains(move_name) || has_sent && grant.moves_on_sent.contains(move_name)
        };
        self.kind == PrincipalKind::ServiceAccount
            && person.kind == PrincipalKind::Person
            && self.agency().is_some()
            && self.agency() == person.agency()
            && person.carried_by.contains(&self.id)
            && self.grants.iter().any(is_granted)
    }

    #[must_use]
    pub fn holds(&self, role: &RoleName) -> bool {
        self.grants.iter().any(|grant| grant.role == *role)
    }

    #[must_use]
    pub fn is_member_of(&self, team: &TeamId) -> bool {
        self.grants
            .iter()
            .any(|grant| grant.team.as_ref() == Some(team))
    }

    #[must_use]
    pub fn agency(&self) -> Option<&AgencyId> {
        self.grants.iter().find_map(|grant| grant.agency.as_ref())
    }
}
