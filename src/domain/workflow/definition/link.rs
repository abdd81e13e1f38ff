//! What a move says of another request.

use serde::{Deserialize, Serialize};

/// It links the request to another of the same authority, where the data name one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LinkEffect {
    /// Dotted path of the other request's reference.
    pub to: String,
    pub kind: LinkKind,
}

/// A code of the workflow: how the two belong together.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LinkKind {
    Is(String),
    /// At this dotted path.
    At(String),
}
