//! A definition as a picture: SVG for people, Mermaid for documents. Pure, and stable to the byte.
//!
//! Both are drawn from `arrows`, the table that the rules go by. Invariant: every state and every
//! move of the definition is in the picture; no box, label or line lies on another's text.

mod arrow;
mod boxes;
mod canvas;
mod groups;
mod ink;
mod lanes;
mod layout;
mod legend;
mod mermaid;
mod notes;
mod routes;
mod svg;
mod text;

pub use mermaid::mermaid;
pub use svg::svg;

use crate::domain::ids::StateName;
use std::collections::BTreeMap;

/// Open requests beside each state, and the moment for which that is true.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Live {
    /// In words for people: a position of the log.
    pub as_of: String,
    /// States that are not here have none.
    pub open: BTreeMap<StateName, i64>,
    /// Open requests that began with another version of the workflow and are not in the picture.
    pub elsewhere: i64,
}

/// Below this a number in a restricted state could point at a child.
const SMALL: i64 = 5;

impl Live {
    /// What may be written beside a state.
    fn words(&self, state: &StateName, restricted: bool) -> String {
        let count = self.open.get(state).copied().unwrap_or(0);
        if restricted && count < SMALL {
            return format!("under {SMALL}");
        }
        format!("{count} open")
    }
}
