//! `plan` on a move, as people write it.

use super::super::definition::Settling;
use super::ConditionForm;
use crate::domain::ids::LadderName;
use schemars::JsonSchema;

/// What a move does to the child's plan: `adds`, or `settles` with `as`.
#[derive(Debug, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct PlanForm {
    /// An action, with dotted paths of what the data say of it.
    pub adds: Option<AddedForm>,
    /// `all` that are open, or the dotted path of a number or of a list of numbers.
    #[schemars(length(min = 1))]
    pub settles: Option<String>,
    #[schemars(rename = "as")]
    pub how: Option<Settling>,
    /// Dotted path of the coded reason; an action that is declined has one.
    pub because: Option<String>,
    /// Else nothing is settled.
    pub when: Option<ConditionForm>,
}

/// Reminders of the actions of the child's plan.
#[derive(Debug, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct ActionsForm {
    /// Who is told before the day of an action and when it is over; in working days.
    pub ladder: LadderName,
}

#[derive(Debug, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct AddedForm {
    /// Of its kind, a code.
    pub what: String,
    /// Of the day by which it is to be done.
    pub by: String,
    /// Of the person who does it.
    pub who: Option<String>,
    /// Of the agency that does it.
    pub agency: Option<String>,
}
