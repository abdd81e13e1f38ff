//! W26: every move was walked through, every clock was started and every rung was raised by some
//! scenario. What was walked is told by whoever ran them.

use super::{Ground, Rule};
use crate::domain::ids::{ClockName, MoveName};
use crate::domain::workflow::definition::Offset;
use crate::domain::workflow::located::{Entry, Reader};
use std::collections::{BTreeSet, HashSet};

/// What the scenarios beside one version of a workflow walked through.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Covered {
    pub moves: BTreeSet<MoveName>,
    /// Clocks that were started.
    pub clocks: BTreeSet<ClockName>,
    /// Rungs that were raised, by the clock; the lease of a claim is one.
    pub rungs: HashSet<(ClockName, Offset)>,
}

impl Covered {
    pub fn add(&mut self, other: Self) {
        self.moves.extend(other.moves);
        self.clocks.extend(other.clocks);
        self.rungs.extend(other.rungs);
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
    for (clock, at) in ground.definition.rungs() {
        if covered.rungs.contains(&(clock.clone(), at)) {
            continue;
        }
        let found = format!("no scenario waits until the rung {at} of `{clock}` is raised");
        let entry = match (clock.is_of_claim(), clock.is_of_action()) {
            (true, _) => entry_of(ground.root.entries(), "claims"),
            (_, true) => entry_of(ground.root.entries(), "actions"),
            (false, false) => ground.entry("clocks", clock.as_str()),
        };
        told(reader, entry, &found);
    }
}

fn entry_of<'a>(entries: &'a [Entry], key: &str) -> Option<&'a Entry> {
    entries.iter().find(|entry| entry.key == key)
}

fn missing(ground: &Ground<'_>, reader: &mut Reader, (part, name): (&str, &str), found: &str) {
    told(reader, ground.entry(part, name), found);
}

fn told(reader: &mut Reader, entry: Option<&Entry>, found: &str) {
    if let Some(entry) = entry {
        reader.against_key(Rule::W26, entry, [found, "a step of a scenario that does"]);
    }
}
