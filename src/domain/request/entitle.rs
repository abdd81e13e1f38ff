//! Who may: roles as relations between a person and a request, read from the definition.

use super::actor::{Principal, PrincipalKind};
use super::command::Facts;
use super::error::Refusal;
use super::event::ActedAs;
use super::state::Request;
use crate::domain::ids::{MoveName, RoleName, StateName, TeamId};
use crate::domain::workflow::definition::{
    Definition, FromStates, MoveRule, Relation, RoleRule, Scope,
};

/// The moves that the state allows, whoever asks.
pub fn moves_from<'a>(
    definition: &'a Definition,
    state: Option<&'a StateName>,
) -> impl Iterator<Item = (&'a MoveName, &'a MoveRule)> {
    definition
        .moves
        .iter()
        .filter(move |(_, rule)| rule.paths.iter().any(|path| starts_at(&path.from, state)))
}

/// The moves that the state allows and this person may make.
pub fn moves_open_to<'a>(
    definition: &'a Definition,
    request: &'a Request,
    person: &'a Principal,
) -> impl Iterator<Item = (&'a MoveName, &'a MoveRule)> {
    moves_from(definition, Some(&request.state)).filter(move |(_, rule)| {
        let team = &request.owner.team;
        find_role(definition, &rule.by, Some(request), team, person).is_some()
            && find_role(definition, &rule.not_by, Some(request), team, person).is_none()
    })
}

pub(super) fn starts_at(from: &FromStates, state: Option<&StateName>) -> bool {
    match (from, state) {
        (FromStates::Start, None) | (FromStates::Any, Some(_)) => true,
        (FromStates::Of(states), Some(state)) => states.contains(state),
        (FromStates::Start, Some(_)) | (FromStates::Any | FromStates::Of(_), None) => false,
    }
}

/// Where a move is asked for.
#[derive(Clone, Copy)]
pub(super) struct Ground<'a> {
    pub(super) definition: &'a Definition,
    pub(super) request: Option<&'a Request>,
    /// Owner before the move; of an opening move, the team that it is routed to.
    pub(super) team: &'a TeamId,
}

/// As whom the person may make the move.
///
/// # Errors
/// When no role lets the move pass, or one forbids it.
pub(super) fn acted_as(
    ground: Ground<'_>,
    move_name: &MoveName,
    rule: &MoveRule,
    facts: &Facts,
) -> Result<ActedAs, Refusal> {
    let Ground {
        definition,
        request,
        team,
    } = ground;
    let not_yours = || Refusal::NotYours {
        found: move_name.clone(),
        allowed: rule.by.clone(),
    };
    let person = facts.person();
    if facts.on_behalf_of.is_some() && !may_speak_for(&facts.actor, person) {
        return Err(not_yours());
    }
    let role = find_role(definition, &rule.by, request, team, person).ok_or_else(not_yours)?;
    if find_role(definition, &rule.not_by, request, team, person).is_some() {
        return Err(not_yours());
    }
    Ok(ActedAs {
        role: role.clone(),
        agency: person.agency().cloned(),
        team: person.is_member_of(team).then(|| team.clone()),
    })
}

/// A service account carries the requests of people of its own agency.
fn may_speak_for(actor: &Principal, person: &Principal) -> bool {
    actor.kind == PrincipalKind::ServiceAccount
        && person.kind == PrincipalKind::Person
        && actor.agency().is_some()
        && actor.agency() == person.agency()
}

fn find_role<'a>(
    definition: &Definition,
    roles: &'a [RoleName],
    request: Option<&Request>,
    team: &TeamId,
    person: &Principal,
) -> Option<&'a RoleName> {
    roles.iter().find(|name| {
        definition
            .roles
            .get(*name)
            .is_some_and(|rule| stands_in(rule, request, team, person))
    })
}

fn stands_in(
    rule: &RoleRule,
    request: Option<&Request>,
    team: &TeamId,
    person: &Principal,
) -> bool {
    match rule.relation {
        Some(Relation::Requester) => request.is_some_and(|r| r.requester == person.id),
        Some(Relation::Worker) => request.is_some_and(|r| r.worker.as_ref() == Some(&person.id)),
        Some(Relation::Decider) => request.is_some_and(|r| r.decider.as_ref() == Some(&person.id)),
        None => person.grants.iter().any(|grant| {
            rule.any_of.contains(&grant.role)
                && match rule.of {
                    Scope::Anywhere => true,
                    Scope::Owner => grant.team.as_ref() == Some(team),
                }
        }),
    }
}
