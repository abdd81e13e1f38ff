//! W13: routing takes the first rule that fits; where two fit, the file says that this is meant.

use super::{Ground, Rule};
use crate::domain::workflow::expression::excludes;
use crate::domain::workflow::located::{Reader, Yaml};

pub(super) fn check(ground: &Ground<'_>, reader: &mut Reader) {
    let Some(Yaml::List(nodes)) = ground.root.find("routing").map(|node| &node.yaml) else {
        return;
    };
    let rules: Vec<_> = ground.definition.routing.iter().zip(nodes).collect();
    for (i, (rule, node)) in rules.iter().enumerate() {
        let later = rules.iter().enumerate().skip(i + 1);
        let overlap = later
            .filter(|(_, (other, _))| !other.when.is_always() && other.team != rule.team)
            .find(|(_, (other, _))| !excludes(&rule.when, &other.when));
        if let (Some((j, _)), false) = (overlap, rule.goes_first || rule.when.is_always()) {
            let found = format!("rules {} and {} can both fit", i + 1, j + 1);
            let allowed = "`goes_first: true` if the order is meant, or conditions that differ";
            reader.against(Rule::W13, node, [&found, allowed]);
        }
    }
}
