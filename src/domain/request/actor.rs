//! Who acts. Resolved from our own store of grants before a rule sees it; never from a token alone.

use crate::domain::ids::{AgencyId, PrincipalId, RoleName, TeamId};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

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
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Principal {
    pub id: PrincipalId,
    pub kind: PrincipalKind,
    pub grants: Vec<Grant>,
}

impl Principal {
    /// The engine itself, when time goes by.
    #[must_use]
    pub fn engine() -> Self {
        Self {
            id: PrincipalId::of_engine(),
            kind: PrincipalKind::ServiceAccount,
            grants: Vec::new(),
        }
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
