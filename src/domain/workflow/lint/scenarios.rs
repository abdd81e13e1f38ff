//! W26: every move was walked through by some scenario. What was walked is told by whoever ran them.

use super::{Ground, Rule};
use crate::domain::ids::MoveName;
use crate::domain::workflow::located::Reader;
use std::collections::BTreeSet;

/// What the scenarios beside one version of a workflow walked through.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Covered {
    pub moves: BTreeSet<MoveName>,
}

pub(super) fn check(ground: &Ground<'_>, reader: &mut Reader) {
    let Some(covered) = ground.around.covered else {
        return;
    };
    for name in ground.definition.moves.keys() {
        if covered.moves.contains(name) {
            continue;
        }
        if let Some(entry) = ground.entry("moves", name.as_str()) {
            let found = format!("no scenario walks through `{name}`");
            reader.against_key(Rule::W26, entry, [&found, "a step with it in a scenario"]);
        }
    }
}
