//! What a move does to the child's plan.

use super::Expression;
use crate::domain::ids::LadderName;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Who is told of an action whose day comes near or is over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ActionRule {
    /// In working days of the team that held the request when the action was agreed.
    pub ladder: LadderName,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PlanEffect {
    Adds(AddedBy),
    Settles(SettledBy),
}

/// Dotted paths in the data of what a new action says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AddedBy {
    /// Its kind.
    pub what: String,
    /// The day by which it is to be done.
    pub by: String,
    /// The person who does it …
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub who: Option<String>,
    /// … or the agency, of which anybody may. One of the two is set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agency: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SettledBy {
    pub which: Which,
    #[serde(rename = "as")]
    pub how: Settling,
    /// Dotted path of the coded reason.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub because: Option<String>,
    /// Else nothing is settled.
    #[serde(default, skip_serializing_if = "Expression::is_always")]
    pub when: Expression,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Which {
    /// Whatever is open.
    All,
    /// The number at this dotted path, or the numbers.
    At(String),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Settling {
    Done,
    /// Whoever was to do it will not.
    Declined,
    NotNeeded,
}

impl Settling {
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Declined => "declined",
            Self::NotNeeded => "no longer needed",
        }
    }
}
