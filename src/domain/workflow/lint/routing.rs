//! W13: routing takes the first rule that fits; where two fit, the file says that this is meant.

use super::{Ground, Rule};
use crate::domain::workflow::definition::{Condition, MoveRule};
use crate::domain::workflow::located::{Reader, Yaml};
use serde_json::Value;

pub(super) fn check(ground: &Ground<'_>, reader: &mut Reader) {
    let Some(Yaml::List(nodes)) = ground.root.find("routing").map(|node| &node.yaml) else {
        return;
    };
    let rules: Vec<_> = ground.definition.routing.iter().zip(nodes).collect();
    let opening = ground.definition.moves.values().find(|rule| rule.opens);
    for (i, (rule, node)) in rules.iter().enumerate() {
        let later = rules.iter().enumerate().skip(i + 1);
        let overlap = later
            .filter(|(_, (other, _))| !other.when.is_empty() && other.team != rule.team)
            .find(|(_, (other, _))| can_both_hold(&rule.when, &other.when, opening));
        if let (Some((j, _)), false) = (overlap, rule.goes_first || rule.when.is_empty()) {
            let found = format!("rules {} and {} can both fit", i + 1, j + 1);
            let allowed = "`goes_first: true` if the order is meant, or conditions that differ";
            reader.against(Rule::W13, node, [&found, allowed]);
        }
    }
}

fn can_both_hold(left: &Condition, right: &Condition, opening: Option<&MoveRule>) -> bool {
    left.0.iter().all(|(path, values)| {
        let Some(others) = right.0.get(path) else {
            return true;
        };
        let star = Value::from("*");
        values.contains(&star)
            || others.contains(&star)
            || values.iter().any(|value| others.contains(value))
            || opening.is_some_and(|rule| is_list(&rule.data, path))
    })
}

/// A list of codes can hold the values of both rules.
fn is_list(schema: &Value, path: &str) -> bool {
    let parts = path.split('.');
    let field = parts.fold(schema, |here, name| &here["properties"][name]);
    field["type"] == "array"
}
