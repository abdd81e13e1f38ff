//! E35: where the team itself has the request, a claim that nobody works on ends.

use super::{Ground, Rule};
use crate::domain::workflow::definition::StateHolder;
use crate::domain::workflow::located::{Reader, Yaml};

pub(super) fn check(ground: &Ground<'_>, reader: &mut Reader) {
    let Some(rule) = &ground.definition.claims else {
        return;
    };
    let at = ground.root.find("claims");
    let Some(Yaml::List(nodes)) = at.and_then(|at| at.find("frozen_in")).map(|at| &at.yaml) else {
        return;
    };
    for (name, node) in rule.frozen_in.iter().zip(nodes) {
        let elsewhere = ground.definition.states.get(name).is_some_and(|state| {
            !state.ends && (state.held_by == StateHolder::Requester || state.restricted)
        });
        if !elsewhere {
            let found = format!("a claim stands still in `{name}`, where the team has the request");
            let allowed = "states that the requester holds or that are restricted, and no ending";
            reader.against(Rule::E35, node, [&found, allowed]);
        }
    }
}
