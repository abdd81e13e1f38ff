//! Claims: how long one lasts without an act of its holder, and who may end it for somebody else.

use super::{Ladder, Offset, Rung, Target};
use crate::domain::ids::{ReasonCode, RoleName, StateName};
use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClaimRule {
    /// In working time of the team that holds the request, from the holder's last act on it.
    pub lease: Target,
    /// States in which the lease stands still: somebody else has the request in hand.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub frozen_in: Vec<StateName>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub warn: Option<ClaimWarning>,
    /// Who is told that a claim has lapsed.
    pub tell: Vec<RoleName>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub take_over: Option<TakeOver>,
}

/// Before the lease ends.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClaimWarning {
    pub at: Offset,
    pub tell: Vec<RoleName>,
}

/// Somebody else's claim may be taken over or given back, with a reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TakeOver {
    pub by: Vec<RoleName>,
    /// Each with its title.
    pub reasons: IndexMap<ReasonCode, String>,
}

impl ClaimRule {
    /// The lease is a clock: its warning and its end are the rungs of a ladder.
    #[must_use]
    pub fn ladder(&self) -> Ladder {
        let rung = |at, tell: &[RoleName]| Rung {
            at,
            tell: tell.to_vec(),
            missed: false,
            every: None,
            at_most: None,
        };
        let warning = self.warn.iter().map(|warn| rung(warn.at, &warn.tell));
        let end = rung(Offset::AtTarget, &self.tell);
        Ladder(warning.chain([end]).collect())
    }
}
