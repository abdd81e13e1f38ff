//! E14 and E18: a state that the worker holds is not reached before one could be named, nor again
//! by a reopening that brings none.

use super::steps::{Chance, Step};
use super::walk::Walk;
use super::{Ground, Rule};
use crate::domain::ids::StateName;
use crate::domain::workflow::definition::StateHolder;
use crate::domain::workflow::expression::{Expression, Path};
use crate::domain::workflow::located::Reader;
use crate::domain::workflow::schema::kind::is_required;

pub(super) fn check(ground: &Ground<'_>, reader: &mut Reader) {
    let steps = &ground.steps;
    let walk = Walk::of(steps, |i, named: bool| match names(&steps[i]) {
        Chance::Never => vec![named],
        Chance::Maybe if !named => vec![false, true],
        Chance::Maybe | Chance::Always => vec![true],
    });
    let states = &ground.definition.states;
    let held = |state: &StateName| {
        let rule = states.get(state);
        rule.is_some_and(|rule| rule.held_by == StateHolder::Worker)
    };
    for name in states.keys().filter(|name| held(name)) {
        let entry = ground.entry("states", name.as_str());
        if let (Some(entry), false) = (entry, walk.can_be(name, true)) {
            let found = format!("the worker holds `{name}`, and no way to it names one");
            let allowed = "a move with `worker: <path>` before it, or `held_by: team`";
            reader.against_key(Rule::E14, entry, [&found, allowed]);
        }
    }
    let ends = |state: &StateName| states.get(state).is_some_and(|rule| rule.ends);
    let mut told = Vec::new();
    for (from, step, (to, named)) in walk.edges() {
        let step = &steps[step];
        let reopens = from.is_some_and(|(from, _)| ends(from)) && !ends(to);
        if !reopens || named || !held(to) || told.contains(&step.name) {
            continue;
        }
        told.push(step.name);
        if let Some(entry) = ground.entry("moves", step.name.as_str()) {
            let name = step.name;
            let found = format!("`{name}` reopens into `{to}`, whose worker may not be known");
            let allowed = "`worker: <path>` of a required field, or a state that the team holds";
            reader.against_key(Rule::E18, entry, [&found, allowed]);
        }
    }
}

/// Whether a step names a worker.
fn names(step: &Step<'_>) -> Chance {
    let Some(path) = &step.rule.worker else {
        return Chance::Never;
    };
    if is_required(&step.rule.data, path) {
        return Chance::Always;
    }
    let given = Expression::Has(Path::Data(path.clone()));
    step.holds(&given)
}
