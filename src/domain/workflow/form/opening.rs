//! `openings`, and what has to hold for one role, as people write them.

use super::super::definition::CountedPlace;
use super::ConditionForm;
use crate::domain::ids::{MoveName, RoleName};
use schemars::JsonSchema;

/// The first opening of a request's text makes a move that nobody makes by hand.
#[derive(Debug, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct OpeningForm {
    /// Whose opening counts.
    #[schemars(length(min = 1))]
    pub by: Vec<RoleName>,
    pub makes: MoveName,
    /// The first opening after each decision; without it the move has to leave the state.
    pub after_decision: Option<bool>,
    /// `pages` where only a signed-in person on a page counts.
    pub on: Option<CountedPlace>,
}

/// What has to hold for one of the roles alone.
#[derive(Debug, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct RoleConditionForm {
    pub guard: ConditionForm,
    /// Why this role is refused, in plain words.
    #[schemars(length(min = 1))]
    pub because: String,
}
