//! E17 and E20: an action of the child's plan can always be settled, and none is left open by the
//! end of a request.

use super::steps::{Chance, Step};
use super::walk::Walk;
use super::{Ground, Rule};
use crate::domain::ids::StateName;
use crate::domain::workflow::definition::{PlanEffect, Which};
use crate::domain::workflow::expression::{Comparison, Expression, Fact, Operand, Path, implies};
use crate::domain::workflow::located::Reader;
use std::collections::BTreeSet;

/// Whether an action is open.
type Open = bool;

pub(super) fn check(ground: &Ground<'_>, reader: &mut Reader) {
    let steps = &ground.steps;
    let walk = Walk::of(steps, |i, open: Open| after(&steps[i], open));
    let ends = |state: &StateName| {
        let rule = ground.definition.states.get(state);
        rule.is_some_and(|rule| rule.ends)
    };
    let settling = walk.leading_to(|(_, open)| !open);
    let stuck: BTreeSet<&StateName> = walk
        .spots()
        .filter(|spot| spot.1 && !ends(spot.0) && !settling.contains(spot))
        .map(|(state, _)| state)
        .collect();
    for name in ground.definition.states.keys() {
        let entry = ground.entry("states", name.as_str());
        let Some(entry) = entry else { continue };
        if stuck.contains(name) {
            let found =
                format!("in `{name}` an action of the plan can be open that nothing settles");
            let allowed = "a move with `plan: { settles: … }` there or later";
            reader.against_key(Rule::E17, entry, [&found, allowed]);
        }
    }
    let mut told = Vec::new();
    for (from, step, (to, open)) in walk.edges() {
        let step = &steps[step];
        let enters = from.map(|(state, _)| state) != Some(to);
        if !open || !ends(to) || !enters || told.contains(&step.name) {
            continue;
        }
        told.push(step.name);
        if let Some(entry) = ground.entry("moves", step.name.as_str()) {
            let name = step.name;
            let found =
                format!("`{name}` can leave an action of the plan open in the ending state `{to}`");
            let allowed = "`guard: actions.open == 0`, or `plan: { settles: all, as: not-needed }`";
            reader.against_key(Rule::E20, entry, [&found, allowed]);
        }
    }
}

/// What can be after a step. One action stands for all: where one of several is settled, another may
/// be open still.
fn after(step: &Step<'_>, open: Open) -> Vec<Open> {
    let after = match &step.rule.plan {
        None => vec![open],
        Some(PlanEffect::Adds(_)) => vec![true],
        Some(PlanEffect::Settles(settled)) => match (&settled.which, step.holds(&settled.when)) {
            (Which::All, Chance::Always) => vec![false],
            (_, Chance::Never) => vec![open],
            (Which::All, Chance::Maybe) | (Which::At(_), Chance::Maybe | Chance::Always) => {
                if open { vec![false, true] } else { vec![false] }
            }
        },
    };
    let guards = step.rule.guard.iter().chain(&step.path.guard);
    if guards
        .into_iter()
        .any(|guard| implies(&guard.asks, &nothing_open()))
    {
        return after.into_iter().filter(|open| !open).collect();
    }
    after
}

fn nothing_open() -> Expression {
    Expression::Compare(
        Operand::Path(Path::Fact(Fact::ActionsOpen)),
        Comparison::Equal,
        Operand::Value(0.into()),
    )
}
