//! The rules: a command either becomes events or is refused with a reason.
//!
//! Everything that is particular to a workflow is read from its definition.

use super::actor::{Principal, PrincipalKind};
use super::command::{Asked, Facts, OpeningFacts, RequestCommand};
use super::error::Refusal;
use super::event::{Act, ActedAs, HeldBy, Opening, Owner, RequestEvent};
use super::state::{Request, RequestState};
use crate::domain::ids::{DefinitionHash, MoveName, PrincipalId, RoleName, StateName, TeamId};
use crate::domain::workflow::definition::{
    Definition, FromStates, MoveRule, OwnerRule, Relation, RoleRule, Scope, StateHolder, ToState,
    find,
};
use jiff::Timestamp;

/// The definition that a request is pinned to.
#[derive(Debug, Clone, Copy)]
pub struct Pinned<'a> {
    pub definition: &'a Definition,
    pub hash: DefinitionHash,
}

/// # Errors
/// A refusal; nothing happened then.
pub fn decide(
    state: &RequestState,
    pinned: Pinned<'_>,
    command: RequestCommand,
    facts: &Facts,
) -> Result<Vec<RequestEvent>, Refusal> {
    match command {
        RequestCommand::Act { asked, opening } => acts(state, pinned, asked, opening, facts),
        RequestCommand::Claim => claim(state, pinned.definition, facts),
        RequestCommand::Release => release(state, pinned.definition, facts),
    }
}

fn acts(
    state: &RequestState,
    pinned: Pinned<'_>,
    asked: Vec<Asked>,
    opening: Option<OpeningFacts>,
    facts: &Facts,
) -> Result<Vec<RequestEvent>, Refusal> {
    let mut state = state.clone();
    let mut opening = opening;
    let mut events = Vec::with_capacity(asked.len());
    for one in asked {
        let event = act(&state, pinned, one, opening.take(), facts)?;
        state.evolve(&event);
        events.push(event);
    }
    Ok(events)
}

fn act(
    state: &RequestState,
    pinned: Pinned<'_>,
    asked: Asked,
    opening: Option<OpeningFacts>,
    facts: &Facts,
) -> Result<RequestEvent, Refusal> {
    let definition = pinned.definition;
    let rule = definition
        .moves
        .get(&asked.move_name)
        .ok_or_else(|| Refusal::UnknownMove {
            found: asked.move_name.clone(),
            allowed: definition.moves.keys().cloned().collect(),
        })?;
    let request = state.find();
    let to = target_state(definition, request, rule, &asked)?;
    if request.is_none() && facts.person().kind == PrincipalKind::ServiceAccount {
        return Err(Refusal::ServiceAccountAlone {
            allowed: rule.by.clone(),
        });
    }
    let owner_team = owner_team(request, rule, &asked, opening.as_ref(), facts)?;
    let acted_as = acted_as(
        definition,
        rule,
        request,
        &owner_team,
        &asked.move_name,
        facts,
    )?;
    let worker = named_worker(rule, &asked)?;
    let left_team = request
        .map(|r| &r.owner.team)
        .filter(|team| **team != owner_team.team)
        .cloned();
    let requester = request.map_or_else(|| facts.person_id(), |r| &r.opening.requester);
    let known_worker = worker.as_ref().or_else(|| {
        request
            .filter(|_| left_team.is_none())
            .and_then(|r| r.worker.as_ref())
    });
    let owner = Owner {
        held_by: held_by(definition, &to, requester, known_worker),
        team: owner_team.team,
    };
    let received_at = received_at(&asked, facts)?;
    Ok(RequestEvent::Act(Box::new(Act {
        name: rule.emits.clone(),
        from: request.map(|r| r.state.clone()),
        to,
        owner,
        left_team,
        because: owner_team.because,
        decided_by: rule.decision.then(|| facts.person_id().clone()),
        hand_over: rule.hand_over,
        worker,
        opening: opening.filter(|_| request.is_none()).map(|o| Opening {
            workflow: definition.workflow.clone(),
            version: definition.version,
            definition: pinned.hash,
            reference: o.reference,
            requester: facts.person_id().clone(),
            agency: facts.person().agency().cloned(),
            child: o.child,
            received_at,
        }),
        acted_as,
        coded: asked.coded,
        move_name: asked.move_name,
        personal: asked.personal,
    })))
}

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

fn starts_at(from: &FromStates, state: Option<&StateName>) -> bool {
    match (from, state) {
        (FromStates::Start, None) | (FromStates::Any, Some(_)) => true,
        (FromStates::Of(states), Some(state)) => states.contains(state),
        (FromStates::Start, Some(_)) | (FromStates::Any | FromStates::Of(_), None) => false,
    }
}

fn target_state(
    definition: &Definition,
    request: Option<&Request>,
    rule: &MoveRule,
    asked: &Asked,
) -> Result<StateName, Refusal> {
    let state = request.map(|r| &r.state);
    let path = rule
        .paths
        .iter()
        .find(|path| starts_at(&path.from, state) && path.when.holds(&asked.coded));
    match (path.map(|p| &p.to), state) {
        (Some(ToState::State(to)), _) => Ok(to.clone()),
        (Some(ToState::Same), Some(state)) => Ok(state.clone()),
        (None | Some(ToState::Same), None) => Err(Refusal::NotFound),
        (None, Some(_)) if rule.opens && rule.paths.len() == 1 => Err(Refusal::AlreadyOpen),
        (None, Some(state)) => Err(Refusal::NotInThisState {
            found: asked.move_name.clone(),
            state: state.clone(),
            allowed: moves_from(definition, Some(state))
                .map(|(name, _)| name.clone())
                .collect(),
        }),
    }
}

struct NextTeam {
    team: TeamId,
    because: Option<String>,
}

fn owner_team(
    request: Option<&Request>,
    rule: &MoveRule,
    asked: &Asked,
    opening: Option<&OpeningFacts>,
    facts: &Facts,
) -> Result<NextTeam, Refusal> {
    let routed = opening.map(|o| NextTeam {
        team: o.routed.team.clone(),
        because: Some(o.routed.because.clone()),
    });
    let current = request.map(|r| NextTeam {
        team: r.owner.team.clone(),
        because: None,
    });
    match &rule.owner {
        OwnerRule::Same | OwnerRule::Routed => current.or(routed).ok_or(Refusal::NotFound),
        OwnerRule::Team(team) => Ok(NextTeam {
            team: known_team(team.clone(), facts)?,
            because: None,
        }),
        OwnerRule::From(path) => {
            let named = find(&asked.coded, path)
                .and_then(|v| v.as_str())
                .map(TeamId::parse);
            match named {
                Some(Ok(team)) => Ok(NextTeam {
                    team: known_team(team, facts)?,
                    because: None,
                }),
                Some(Err(_)) => Err(Refusal::BadCode {
                    path: path.clone(),
                    what: "team",
                }),
                None => current.or(routed).ok_or(Refusal::NotFound),
            }
        }
    }
}

fn known_team(team: TeamId, facts: &Facts) -> Result<TeamId, Refusal> {
    if facts.teams.contains(&team) {
        Ok(team)
    } else {
        Err(Refusal::UnknownTeam {
            found: team,
            allowed: facts.teams.iter().cloned().collect(),
        })
    }
}

fn named_worker(rule: &MoveRule, asked: &Asked) -> Result<Option<PrincipalId>, Refusal> {
    let Some(path) = &rule.worker else {
        return Ok(None);
    };
    match find(&asked.coded, path)
        .and_then(|v| v.as_str())
        .map(PrincipalId::parse)
    {
        None => Ok(None),
        Some(Ok(worker)) => Ok(Some(worker)),
        Some(Err(_)) => Err(Refusal::BadCode {
            path: path.clone(),
            what: "principal",
        }),
    }
}

fn acted_as(
    definition: &Definition,
    rule: &MoveRule,
    request: Option<&Request>,
    next: &NextTeam,
    move_name: &MoveName,
    facts: &Facts,
) -> Result<ActedAs, Refusal> {
    let not_yours = || Refusal::NotYours {
        found: move_name.clone(),
        allowed: rule.by.clone(),
    };
    let person = facts.person();
    if facts.on_behalf_of.is_some() && !may_speak_for(&facts.actor, person) {
        return Err(not_yours());
    }
    let team = request.map_or(&next.team, |r| &r.owner.team);
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
        Some(Relation::Requester) => request.is_some_and(|r| r.opening.requester == person.id),
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

fn held_by(
    definition: &Definition,
    to: &StateName,
    requester: &PrincipalId,
    worker: Option<&PrincipalId>,
) -> HeldBy {
    let holder = definition
        .states
        .get(to)
        .map_or(StateHolder::Team, |state| state.held_by);
    match (holder, worker) {
        (StateHolder::Requester, _) => HeldBy::Requester(requester.clone()),
        (StateHolder::Worker, Some(worker)) => HeldBy::Worker(worker.clone()),
        (StateHolder::Worker, None) | (StateHolder::Team, _) => HeldBy::Team,
    }
}

/// `received_at` of the data, where it was asked for earlier than it was sent.
fn received_at(asked: &Asked, facts: &Facts) -> Result<Timestamp, Refusal> {
    let Some(text) = asked.coded.get("received_at").and_then(|v| v.as_str()) else {
        return Ok(facts.occurred_at);
    };
    let received: Timestamp = text.parse().map_err(|_| Refusal::Time {
        rule: "received_at is an RFC 3339 time",
    })?;
    if received > facts.occurred_at {
        return Err(Refusal::Time {
            rule: "received_at is not later than the sending",
        });
    }
    Ok(received)
}

fn claim(
    state: &RequestState,
    definition: &Definition,
    facts: &Facts,
) -> Result<Vec<RequestEvent>, Refusal> {
    let request = member(state, definition, facts)?;
    match &request.claimed_by {
        Some(holder) if holder == facts.person_id() => Ok(Vec::new()),
        Some(_) => Err(Refusal::ClaimedByOther),
        None => Ok(vec![RequestEvent::Claimed {
            by: facts.person_id().clone(),
            team: request.owner.team.clone(),
        }]),
    }
}

fn release(
    state: &RequestState,
    definition: &Definition,
    facts: &Facts,
) -> Result<Vec<RequestEvent>, Refusal> {
    let request = member(state, definition, facts)?;
    match &request.claimed_by {
        None => Err(Refusal::NotClaimed),
        Some(holder) if holder != facts.person_id() => Err(Refusal::ClaimedByOther),
        Some(holder) => Ok(vec![RequestEvent::Released {
            by: facts.person_id().clone(),
            team: request.owner.team.clone(),
            claimed_by: holder.clone(),
        }]),
    }
}

/// Claims are for members of the owning team, and for requests that have not ended.
fn member<'a>(
    state: &'a RequestState,
    definition: &Definition,
    facts: &Facts,
) -> Result<&'a Request, Refusal> {
    let request = state.find().ok_or(Refusal::NotFound)?;
    if !facts.person().is_member_of(&request.owner.team) {
        return Err(Refusal::NotInTeam);
    }
    if definition
        .states
        .get(&request.state)
        .is_some_and(|state| state.ends)
    {
        return Err(Refusal::Ended {
            state: request.state.clone(),
        });
    }
    Ok(request)
}
