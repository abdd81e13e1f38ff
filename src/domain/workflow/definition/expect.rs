//! The day on which a move says that help is expected.

use crate::domain::ids::ClockName;
use serde::{Deserialize, Serialize};

/// Dotted paths in the data of a move that tells when help is expected. The day stands beside the one
/// that a clock promised, and moves no clock.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExpectRule {
    /// Path of the day; where the data leave it out, nothing new is expected.
    pub day: String,
    /// Path of the coded reason.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub because: Option<String>,
    /// The clock whose target was the promise.
    pub clock: ClockName,
}
