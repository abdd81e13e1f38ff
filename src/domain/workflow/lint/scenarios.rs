//! W26: every move was walked through and every clock was started by some scenario. What was
//! walked is told by whoever ran them.

use super::{Ground, Rule};
use crate::domain::ids::{ClockName, MoveName};
use crate::domain::workflow::located::Reader;
use std::collections::BTreeSet;

/// What the scenarios beside one version of a workflow walked through.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Covered {
    pub moves: BTreeSet<MoveName>,
    /// Clocks that were started.
    pub clocks: BTreeSet<ClockName>,
}

impl Covered {
    pub fn add(&mut self, other: Self) {
        self.moves.extend(other.moves);
        self.clocks.extend(other.clocks);
    }
}

pub(super) fn check(ground: &Ground<'_>, reader: &mut Reader) {
    let Some(covered) = ground.around.covered else {
        return;
    };
    for name in ground.definition.moves.keys() {
        if !covered.moves.contains(name) {
            let found = format!("no scenario walks through `{name}`");
            missing(ground, reader, ("moves", name.as_str()), &found);
        }
    }
    for name in ground.definition.clocks.keys() {
        if !covered.clocks.contains(name) {
            let found = format!("no scenario starts the clock `{name}`");
            missing(ground, reader, ("clocks", name.as_str()), &found);
        }
    }
}

fn missing(ground: &Ground<'_>, reader: &mut Reader, (part, name): (&str, &str), found: &str) {
    if let Some(entry) = ground.entry(part, name) {
        reader.against_key(Rule::W26, entry, [found, "a step of a scenario that does"]);
    }
}
