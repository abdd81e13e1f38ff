//! E03: a state is not left only by conditions that may all fail.

use super::steps::Step;
use super::{Ground, Rule};
use crate::domain::workflow::located::Reader;
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
            let allowed = "a way out without `when`, or paths for every value of a required field";
            reader.against_key(Rule::E03, entry, [&found, allowed]);
        }
    }
}

/// A way out that is always open, by itself or together with the other paths of its move.
fn is_sure(exit: &Step<'_>, exits: &[&Step<'_>]) -> bool {
    if exit.path.when.is_empty() {
        return true;
    }
    let field = match exit.path.when.0.keys().collect::<Vec<_>>()[..] {
        [field] => field,
        _ => return false,
    };
    let siblings = exits.iter().filter(|other| other.name == exit.name);
    let values: Vec<&Value> = siblings
        .filter(|other| other.path.when.0.len() == 1)
        .filter_map(|other| other.path.when.0.get(field))
        .flatten()
        .collect();
    let all = match known_at(&exit.rule.data, field) {
        Known::Coded(Some(known)) => known.iter().all(|value| values.contains(&value)),
        Known::Coded(None) | Known::Personal | Known::Missing => false,
    };
    is_required(&exit.rule.data, field)
        && (all || values.iter().any(|value| *value == &Value::from("*")))
}

/// Whether the data always hold the field at a dotted path.
pub(super) fn is_required(schema: &Value, path: &str) -> bool {
    let mut here = schema;
    path.split('.').all(|name| {
        let required = here["required"].as_array();
        let found = required.is_some_and(|names| names.iter().any(|n| n == name));
        here = &here["properties"][name];
        found
    })
}
