//! What a move does to a child protection concern.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A step from passing a concern on to its result.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum HandOver {
    /// Passes a concern on: its alarm is on until somebody has answered.
    Opens,
    /// Nobody could be reached: the alarm stays on.
    Attempts,
    /// A named person has answered: ends the alarm, and nothing else.
    HandsOver,
    /// A responder takes the concern over by name.
    TakesOver,
    /// Gives a result, by whoever holds the concern.
    Closes,
}

impl HandOver {
    /// As it stands in files.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Opens => "opens",
            Self::Attempts => "attempts",
            Self::HandsOver => "hands-over",
            Self::TakesOver => "takes-over",
            Self::Closes => "closes",
        }
    }
}

/// Results that are not final: the concern stays open.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OpenResults {
    /// Dotted path in the data of the code of the result.
    pub at: String,
    pub codes: Vec<String>,
}
