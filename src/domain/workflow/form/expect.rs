//! `expects` on a move, as people write it.

use crate::domain::ids::ClockName;
use schemars::JsonSchema;

/// Dotted paths of what the data say of the day on which help is expected.
#[derive(Debug, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct ExpectForm {
    /// Of the day, a date.
    pub day: String,
    /// Of the coded reason.
    pub because: Option<String>,
    /// The clock whose target was the promise.
    pub clock: ClockName,
}
