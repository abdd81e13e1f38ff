//! E40 and E41: what the opening of the text makes happens once and needs nobody's words, and a
//! proposal can be confirmed by a second person or sent back.

use super::{Ground, Rule};
use crate::domain::ids::{MoveName, RoleName, StateName};
use crate::domain::workflow::definition::{MoveRule, OpeningRule, ProposalPart, Relation};
use crate::domain::workflow::located::{Reader, Yaml};
use std::collections::BTreeSet;

pub(super) fn check(ground: &Ground<'_>, reader: &mut Reader) {
    openings(ground, reader);
    for (name, rule) in &ground.definition.moves {
        if rule.proposal == Some(ProposalPart::Makes) {
            proposal(ground, reader, (name, rule));
        }
        if rule.proposal == Some(ProposalPart::Confirms) {
            second_person(ground, reader, (name, rule));
        }
    }
}

fn openings(ground: &Ground<'_>, reader: &mut Reader) {
    let Some(Yaml::List(nodes)) = ground.root.find("openings").map(|at| &at.yaml) else {
        return;
    };
    for (rule, node) in ground.definition.openings.iter().zip(nodes) {
        let Some(made) = ground.definition.moves.get(&rule.makes) else {
            continue;
        };
        if let Some((found, allowed)) = unfit(rule, made) {
            reader.against(Rule::E40, node, [&found, allowed]);
        }
    }
}

fn unfit(rule: &OpeningRule, made: &MoveRule) -> Option<(String, &'static str)> {
    let name = &rule.makes;
    let needs = made.data["required"].as_array();
    if needs.is_some_and(|needs| !needs.is_empty()) {
        let found = format!("`{name}` asks for data, and whoever opens a request gives none");
        return Some((found, "a move without `required` fields"));
    }
    if made.opens || made.decision || made.proposal.is_some() || made.hand_over.is_some() {
        let found = format!("`{name}` is for a person to decide");
        let allowed = "a move that opens nothing, decides nothing and passes nothing on";
        return Some((found, allowed));
    }
    let guards = made.paths.iter().any(|path| path.guard.is_some());
    if guards || made.guard.is_some() || !made.by_when.is_empty() {
        let found = format!("`{name}` has a guard, and a refusal would hide the text");
        return Some((found, "a move without `guard`"));
    }
    if !rule.after_decision && made.paths.iter().any(|path| path.stays()) {
        let found = format!("every opening would make `{name}` again");
        return Some((
            found,
            "`after_decision: true`, or a move that leaves its state",
        ));
    }
    None
}

type Named<'a> = (&'a MoveName, &'a MoveRule);

/// From every state that it leads to, one move confirms it and one sends it back.
fn proposal(ground: &Ground<'_>, reader: &mut Reader, (name, _): Named<'_>) {
    let own = ground.steps.iter().filter(|step| step.name == name);
    let waiting: BTreeSet<&StateName> = own.map(|step| step.to).collect();
    for state in waiting {
        for (part, word) in [
            (ProposalPart::Confirms, "confirms"),
            (ProposalPart::SendsBack, "sends-back"),
        ] {
            let leads = |part| {
                let mut steps = ground.steps.iter();
                steps.any(|step| step.from == Some(state) && step.rule.proposal == Some(part))
            };
            if leads(part) {
                continue;
            }
            if let Some(entry) = ground.entry("moves", name.as_str()) {
                let found = format!("a proposal waits in `{state}`, and nothing {word} it there");
                let allowed = format!("a move from `{state}` with `proposal: {word}`");
                reader.against_key(Rule::E41, entry, [&found, &allowed]);
            }
        }
    }
}

/// Never whoever proposed it; and somebody by what they are, not by a relation that may be the proposer's.
fn second_person(ground: &Ground<'_>, reader: &mut Reader, (name, rule): Named<'_>) {
    let roles = &ground.definition.roles;
    let is_proposer = |role: &RoleName| {
        let rule = roles.get(role);
        rule.is_some_and(|rule| rule.relation == Some(Relation::Proposer))
    };
    let by_grant = |role: &RoleName| {
        let rule = roles.get(role);
        rule.is_some_and(|rule| rule.relation.is_none())
    };
    let Some(entry) = ground.entry("moves", name.as_str()) else {
        return;
    };
    if !rule.not_by.iter().any(is_proposer) {
        let found = format!("whoever proposed it could confirm it themselves with `{name}`");
        let allowed = "`not_by` with a role of `relation: proposer`";
        reader.against_key(Rule::E41, entry, [&found, allowed]);
    }
    if !rule.by.iter().any(by_grant) {
        let found = format!("nobody but the proposer may ever stand in the roles of `{name}`");
        let allowed = "`by` with a role of grants, as the leader of the team";
        reader.against_key(Rule::E41, entry, [&found, allowed]);
    }
}
