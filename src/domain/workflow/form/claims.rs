//! `claims`, as people write them.

use super::{OffsetForm, TargetForm};
use crate::domain::ids::{ReasonCode, RoleName, StateName};
use indexmap::IndexMap;
use schemars::JsonSchema;

/// A claim lapses when its lease ends: every act of its holder begins it anew.
#[derive(Debug, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct ClaimsForm {
    /// In working time of the team that holds the request: `16wh` or `2wd`.
    pub lease: TargetForm,
    /// States in which the lease stands still: somebody else has the request in hand.
    #[schemars(length(min = 1))]
    pub frozen_in: Option<Vec<StateName>>,
    pub warn: Option<WarningForm>,
    /// Roles that are told when a claim has lapsed.
    #[schemars(length(min = 1))]
    pub tell: Vec<RoleName>,
    pub take_over: Option<TakeOverForm>,
}

/// Before the lease ends.
#[derive(Debug, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct WarningForm {
    /// Shorter than the lease and in its unit: `-4wh`.
    pub at: OffsetForm,
    #[schemars(length(min = 1))]
    pub tell: Vec<RoleName>,
}

/// Who may take over or give back what somebody else has claimed, and why.
#[derive(Debug, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct TakeOverForm {
    #[schemars(length(min = 1))]
    pub by: Vec<RoleName>,
    /// Codes and their titles.
    #[schemars(extend("minProperties" = 1))]
    pub reasons: IndexMap<ReasonCode, String>,
}
