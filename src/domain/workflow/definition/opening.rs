//! What the first opening of a request's text makes happen by itself, and proposals that a second
//! person confirms.

use crate::domain::ids::{MoveName, RoleName};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The first opening of the text by one of these roles makes a move, once. Nobody can make that move by
/// hand: it says what was seen, and not what somebody says of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OpeningRule {
    pub by: Vec<RoleName>,
    pub makes: MoveName,
    /// Only the first opening after each decision makes it. Without this the move has to leave the state.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub after_decision: bool,
    #[serde(default, skip_serializing_if = "CountedPlace::is_anywhere")]
    pub on: CountedPlace,
}

/// Where an opening counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum CountedPlace {
    /// On a page, or through a program that the person uses with a token of their own.
    #[default]
    Anywhere,
    /// On a page alone, where a signed-in person looks.
    Pages,
}

impl CountedPlace {
    #[expect(
        clippy::trivially_copy_pass_by_ref,
        reason = "serde asks with a reference"
    )]
    fn is_anywhere(&self) -> bool {
        *self == Self::Anywhere
    }
}

/// What a move has to do with a proposal, which waits until a second person confirms it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ProposalPart {
    /// Whoever makes it has proposed. What is written with it is for the team that holds the request.
    Makes,
    Confirms,
    /// It goes back to the team undecided.
    SendsBack,
}
