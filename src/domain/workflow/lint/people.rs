//! E04 and E15: every role can be held, every state can be left by somebody, and nobody decides on
//! a request of their own.

use super::{Ground, Rule};
use crate::domain::ids::RoleName;
use crate::domain::workflow::definition::{
    HandOver, MoveRule, PlanEffect, ProposalPart, Relation, RoleRule,
};
use crate::domain::workflow::located::Reader;
use std::collections::BTreeSet;

pub(super) fn check(ground: &Ground<'_>, reader: &mut Reader) {
    let nobody = roles_of_nobody(ground, reader);
    states_of_nobody(ground, reader, &nobody);
    own_decisions(ground, reader);
}

fn roles_of_nobody<'a>(ground: &Ground<'a>, reader: &mut Reader) -> BTreeSet<&'a RoleName> {
    let mut nobody = BTreeSet::new();
    for (name, rule) in &ground.definition.roles {
        let Some((why, allowed)) = why_nobody(ground, rule) else {
            continue;
        };
        nobody.insert(name);
        if let Some(entry) = ground.entry("roles", name.as_str()) {
            let found = format!("nobody can hold the role `{name}`: {why}");
            reader.against_key(Rule::E04, entry, [&found, &allowed]);
        }
    }
    nobody
}

fn why_nobody(ground: &Ground<'_>, rule: &RoleRule) -> Option<(String, String)> {
    let moves = &ground.definition.moves;
    let steps = |step| moves.values().any(|rule| rule.hand_over == Some(step));
    match rule.relation {
        Some(Relation::Worker) if !moves.values().any(|rule| rule.worker.is_some()) => Some((
            "no move names a worker".to_owned(),
            "a move with `worker: <path>`".to_owned(),
        )),
        Some(Relation::Decider) if !moves.values().any(|rule| rule.decision) => Some((
            "no move is a decision".to_owned(),
            "a move with `decision: true`".to_owned(),
        )),
        Some(Relation::Proposer) if !moves.values().any(proposes) => Some((
            "no move makes a proposal".to_owned(),
            "a move with `proposal: makes`".to_owned(),
        )),
        Some(Relation::Action) if !moves.values().any(adds) => Some((
            "no move adds an action to the child's plan".to_owned(),
            "a move with `plan: { adds: … }`".to_owned(),
        )),
        Some(Relation::ConcernAuthor) if !steps(HandOver::Opens) => Some((
            "no move passes a concern on".to_owned(),
            "a move with `hand_over: opens`".to_owned(),
        )),
        Some(Relation::ConcernHolder) if !steps(HandOver::TakesOver) => Some((
            "no move takes a concern over".to_owned(),
            "a move with `hand_over: takes-over`".to_owned(),
        )),
        Some(
            Relation::Requester
            | Relation::Cover
            | Relation::Worker
            | Relation::Decider
            | Relation::Proposer
            | Relation::ClaimHolder
            | Relation::Action
            | Relation::ConcernAuthor
            | Relation::ConcernHolder,
        ) => None,
        None => {
            let grants = ground.around.grants.as_ref()?;
            let held = |role: &RoleName| grants.iter().any(|grant| grant.role == *role);
            if rule.any_of.iter().any(held) {
                return None;
            }
            let wanted: Vec<&str> = rule.any_of.iter().map(RoleName::as_str).collect();
            let held: BTreeSet<&str> = grants.iter().map(|grant| grant.role.as_str()).collect();
            let held: Vec<&str> = held.into_iter().collect();
            Some((
                format!("no person of the organisation has {}", wanted.join(" or ")),
                format!("one that somebody has: {}", held.join(", ")),
            ))
        }
    }
}

fn proposes(rule: &MoveRule) -> bool {
    rule.proposal == Some(ProposalPart::Makes)
}

fn adds(rule: &MoveRule) -> bool {
    matches!(rule.plan, Some(PlanEffect::Adds(_)))
}

/// Only who is in `by`, is not in `not_by` and can exist at all leaves a state.
fn states_of_nobody(ground: &Ground<'_>, reader: &mut Reader, nobody: &BTreeSet<&RoleName>) {
    let steps = &ground.steps;
    for (name, state) in &ground.definition.states {
        let mut exits = steps
            .iter()
            .filter(|step| step.from == Some(name) && step.leaves())
            .peekable();
        let somebody = |role: &RoleName| !nobody.contains(role);
        if state.ends
            || exits.peek().is_none()
            || exits.any(|exit| {
                let by = exit.rule.by.iter();
                by.filter(|role| !exit.rule.not_by.contains(role))
                    .any(somebody)
            })
        {
            continue;
        }
        if let Some(entry) = ground.entry("states", name.as_str()) {
            let found = format!("nobody may leave the state `{name}`");
            let allowed = "a move out of it whose `by` names a role that somebody can hold";
            reader.against_key(Rule::E04, entry, [&found, allowed]);
        }
    }
}

fn own_decisions(ground: &Ground<'_>, reader: &mut Reader) {
    let roles = &ground.definition.roles;
    let asks = |role: &RoleName| {
        roles
            .get(role)
            .is_some_and(|rule| rule.relation == Some(Relation::Requester))
    };
    let decisions = ground.definition.moves.iter().filter(|(_, r)| r.decision);
    for (name, rule) in decisions {
        if rule.not_by.iter().any(asks) {
            continue;
        }
        if let Some(entry) = ground.entry("moves", name.as_str()) {
            let found = format!("whoever asked could make the decision `{name}` themselves");
            let requester = roles.keys().find(|role| asks(role));
            let allowed = match requester {
                Some(role) => format!("`not_by: [{role}]`"),
                None => "`not_by` with a role of `relation: requester`".to_owned(),
            };
            reader.against_key(Rule::E15, entry, [&found, &allowed]);
        }
    }
}
