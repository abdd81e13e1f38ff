//! E03: a state is not left only by conditions that may all fail.

use super::steps::Step;
use super::{Ground, Rule};
use crate::domain::workflow::expression::{Narrow, Path};
use crate::domain::workflow::located::Reader;
use crate::domain::workflow::schema::kind::is_required;
use crate::domain::workflow::schema::shape::{Known, known_at};
use serde_json::Value;

pub(super) fn check(ground: &Ground<'_>, reader: &mut Reader) {
    let steps = &ground.steps;
    for (name, rule) in &ground.definition.states {
        let exits: Vec<&Step<'_>> = steps
            .iter()
            .filter(|step| step.from == Some(name) && step.leaves())
            .collect();
        if rule.ends || exits.is_empty() || exits.iter().any(|exit| is_sure(exit, &exits)) {
            continue;
        }
        if let Some(entry) = ground.entry("states", name.as_str()) {
            let found = format!("every way out of `{name}` has a condition, and all may fail");
            let allowed =
                "a way out without `when` or `guard`, or paths for every value of a required field";
            reader.against_key(Rule::E03, entry, [&found, allowed]);
        }
    }
}

/// A way out that is always open, by itself or together with the other paths of its move.
fn is_sure(exit: &Step<'_>, exits: &[&Step<'_>]) -> bool {
    if exit.is_guarded() {
        return false;
    }
    if exit.path.when.is_always() {
        return true;
    }
    let Some(Narrow {
        path: Path::Data(field),
        ..
    }) = Narrow::of(&exit.path.when)
    else {
        return false;
    };
    let siblings = exits
        .iter()
        .filter(|other| other.name == exit.name && !other.is_guarded());
    let narrow: Vec<Narrow<'_>> = siblings
        .filter_map(|other| Narrow::of(&other.path.when))
        .filter(|other| matches!(other.path, Path::Data(path) if path == field))
        .collect();
    let any = narrow.iter().any(|narrow| narrow.values.is_none());
    let values: Vec<&Value> = narrow
        .into_iter()
        .filter_map(|n| n.values)
        .flatten()
        .collect();
    let all = match known_at(&exit.rule.data, field) {
        Known::Coded(Some(known)) => known.iter().all(|value| values.contains(&value)),
        Known::Coded(None) | Known::Personal | Known::Missing => false,
    };
    is_required(&exit.rule.data, field) && (all || any)
}
