//! The rules: a command either becomes events or is refused with a reason.
//!
//! Everything that is particular to a workflow is read from its definition.

use super::actor::PrincipalKind;
use super::claim;
use super::command::{Asked, Facts, OpeningFacts, RequestCommand, Sight};
use super::concern::{self, ConcernStep};
use super::entitle::{Ground, acted_as, check_sight, moves_from, starts_at};
use super::error::{Place, Refusal};
use super::event::{
    Act, ActedAs, ClaimEffect, CoveredBy, HeldBy, Opening, Owner, ProposalStep, RequestEvent,
};
use super::expected::{self, ExpectedDay};
use super::extension;
use super::guard::{self, Knows};
use super::link::{self, Link};
use super::opening;
use super::owner::{owner_team, team_left, worker_after};
use super::plan::{self, PlanStep};
use super::rung;
use super::sight::SightedAct;
use super::state::{Request, RequestState};
use crate::domain::ids::{AgencyId, DefinitionHash, PrincipalId, StateName};
use crate::domain::workflow::definition::{
    Definition, MoveRule, PathRule, ProposalPart, StateHolder, ToState,
};
use crate::domain::workflow::expression::find;
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
        RequestCommand::Claim { reason } => {
            claim::claim(state, pinned.definition, reason.as_ref(), facts)
        }
        RequestCommand::Release { reason } => {
            claim::release(state, pinned.definition, reason.as_ref(), facts)
        }
        RequestCommand::Extend(asked) => extension::extend(state, pinned.definition, &asked, facts),
        RequestCommand::Raise(asked) => rung::raise(state, pinned.definition, &asked, facts),
        RequestCommand::Open { on } => opening::open(state, pinned, on, facts),
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
    for (index, one) in asked.into_iter().enumerate() {
        let by_hand = Hand {
            asked: one,
            opening: opening.take(),
            is_opening: false,
        };
        let event =
            act(&state, pinned, by_hand, facts).map_err(|refusal| refusal.of_move(index))?;
        state.evolve(&event);
        events.push(event);
    }
    Ok(events)
}

/// One move to be made, and what makes it.
pub(super) struct Hand {
    asked: Asked,
    opening: Option<OpeningFacts>,
    /// The opening of the text makes it.
    is_opening: bool,
}

impl Hand {
    pub(super) fn opening(asked: Asked) -> Self {
        Self {
            asked,
            opening: None,
            is_opening: true,
        }
    }
}

pub(super) fn act(
    state: &RequestState,
    pinned: Pinned<'_>,
    hand: Hand,
    facts: &Facts,
) -> Result<RequestEvent, Refusal> {
    let definition = pinned.definition;
    let Hand {
        asked,
        opening,
        is_opening,
    } = hand;
    let rule = rule_of(definition, &asked)?;
    let request = state.find();
    check_actor(definition, request, rule, facts)?;
    let routed = opening.as_ref().map(|opening| &opening.routed.team);
    let ground = Ground {
        definition,
        request,
        team: request
            .map(|r| &r.owner.team)
            .or(routed)
            .ok_or(Refusal::NotFound)?,
        actions: Some(plan::numbers(rule, &asked)),
        concern: concern::number(rule, &asked),
    };
    let acted_as = acted_as(&ground, &asked, rule, facts)
        .map_err(|refused| concern::explained(refused, &ground, rule, facts))?;
    by_whose_hand(definition, &asked, is_opening, facts)?;
    let done = effects(&ground, rule, &asked, facts)?;
    let owner_team = owner_team(request, rule, &asked, opening.as_ref(), facts)?;
    let worker = principal_at(rule.worker.as_deref(), &asked)?;
    let named = principal_at(rule.requester.as_deref(), &asked)?;
    let left_team = team_left(request, &owner_team);
    let before = request.map_or_else(|| facts.person_id(), |r| &r.requester);
    let requester = named.as_ref().unwrap_or(before);
    let known_worker = worker_after(worker.as_ref(), request, left_team.as_ref());
    let owner = Owner {
        held_by: held_by(definition, &done.to, requester, known_worker),
        team: owner_team.team,
    };
    let agency = agency_of_now(request, &asked, &acted_as);
    let cover = cover_of(&owner, agency.as_ref(), facts);
    let received_at = received_at(&asked, facts)?;
    // Looking at a request is no work on it: the lease of the claim goes on.
    let claim = claim::after(definition, request, (&done.to, left_team.as_ref()), facts)
        .filter(|effect| !is_opening || *effect == ClaimEffect::Dropped);
    Ok(RequestEvent::Act(Box::new(Act {
        name: rule.emits.clone(),
        from: request.map(|r| r.state.clone()),
        to: done.to,
        owner,
        left_team,
        because: owner_team.because,
        claim,
        decided_by: rule.decision.then(|| facts.person_id().clone()),
        proposal: proposal(rule, facts),
        by_opening: is_opening,
        hand_over: rule.hand_over,
        concern: done.concern,
        worker,
        plan: done.plan,
        link: done.link,
        expected: done.expected,
        requester: named,
        agency: agency
            .filter(|now| request.is_some_and(|r| r.opening.agency.as_ref() != Some(now))),
        cover,
        opening: opening
            .filter(|_| request.is_none())
            .map(|opening| opened(pinned, opening, received_at, (facts, &acted_as))),
        acted_as,
        coded: asked.coded,
        move_name: asked.move_name,
        personal: asked.personal,
    })))
}

/// Who may comes first: a refusal tells a stranger nothing about the state.
fn check_actor(
    definition: &Definition,
    request: Option<&Request>,
    rule: &MoveRule,
    facts: &Facts,
) -> Result<(), Refusal> {
    match request {
        Some(request) => check_sight(definition, request, SightedAct::Move(rule), facts),
        None if facts.person().kind == PrincipalKind::ServiceAccount => {
            Err(Refusal::ServiceAccountAlone {
                allowed: rule.by.clone(),
            })
        }
        None => Ok(()),
    }
}

/// What the opening of the text makes, nobody says; where nobody opened anything, somebody may have said it.
fn by_whose_hand(
    definition: &Definition,
    asked: &Asked,
    is_opening: bool,
    facts: &Facts,
) -> Result<(), Refusal> {
    if is_opening
        || facts.sight == Sight::NotAsked
        || !definition.is_made_by_opening(&asked.move_name)
    {
        return Ok(());
    }
    Err(Refusal::MadeByOpening {
        found: asked.move_name.clone(),
    })
}

fn proposal(rule: &MoveRule, facts: &Facts) -> Option<ProposalStep> {
    Some(match rule.proposal? {
        ProposalPart::Makes => ProposalStep::Made {
            by: facts.person_id().clone(),
        },
        ProposalPart::Confirms => ProposalStep::Confirmed,
        ProposalPart::SendsBack => ProposalStep::SentBack,
    })
}

fn rule_of<'d>(definition: &'d Definition, asked: &Asked) -> Result<&'d MoveRule, Refusal> {
    let rule = definition.moves.get(&asked.move_name);
    rule.ok_or_else(|| Refusal::UnknownMove {
        found: asked.move_name.clone(),
        index: 0,
        allowed: definition.moves.keys().cloned().collect(),
    })
}

/// Where a move leads, and what it does beside that.
struct Effects {
    to: StateName,
    plan: Option<PlanStep>,
    link: Option<Link>,
    concern: Option<ConcernStep>,
    expected: Option<ExpectedDay>,
}

/// The path is chosen and the guards are asked as if the act had settled its own actions.
fn effects(
    ground: &Ground<'_>,
    rule: &MoveRule,
    asked: &Asked,
    facts: &Facts,
) -> Result<Effects, Refusal> {
    let request = ground.request;
    let concern = concern::step(ground, rule, asked, facts)?;
    let knows = Knows::of(request).after_concern(rule, concern.as_ref());
    let step = plan::step(rule, knows.plan(), asked, knows.scope(asked));
    let knows = knows.after(step.as_ref().ok().and_then(Option::as_ref));
    let (path, to) = path_taken((ground.definition, rule), request, asked, &knows)?;
    let plan = step?;
    guard::check((rule, path), &knows, asked)?;
    let link = link::step(rule, request, asked, facts)?;
    let expected = expected::day(rule, asked)?;
    Ok(Effects {
        to,
        plan,
        link,
        concern,
        expected,
    })
}

fn opened(
    pinned: Pinned<'_>,
    opening: OpeningFacts,
    received_at: Timestamp,
    (facts, acted_as): (&Facts, &ActedAs),
) -> Opening {
    Opening {
        workflow: pinned.definition.workflow.clone(),
        version: pinned.definition.version,
        definition: pinned.hash,
        reference: opening.reference,
        requester: facts.person_id().clone(),
        agency: acted_as.agency.clone(),
        child: opening.child,
        received_at,
        carried_by: facts.on_behalf_of.as_ref().map(|_| facts.actor.id.clone()),
    }
}

/// Who answers instead, where a question goes to somebody who is away.
pub(super) fn cover_of(
    owner: &Owner,
    agency: Option<&AgencyId>,
    facts: &Facts,
) -> Option<CoveredBy> {
    let waits = matches!(owner.held_by, HeldBy::Requester(_));
    let cover = facts.covers.get(agency.filter(|_| waits)?)?;
    Some(CoveredBy {
        by: cover.by.clone(),
        agency: cover.agency.clone(),
    })
}

/// Of whoever asks after the act.
fn agency_of_now(request: Option<&Request>, asked: &Asked, acted_as: &ActedAs) -> Option<AgencyId> {
    let before = match request {
        Some(request) => request.agency.as_ref(),
        None => acted_as.agency.as_ref(),
    };
    asked.agency.as_ref().or(before).cloned()
}

/// The first path that fits, and the state that it leads to.
fn path_taken<'r>(
    (definition, rule): (&Definition, &'r MoveRule),
    request: Option<&Request>,
    asked: &Asked,
    knows: &Knows<'_>,
) -> Result<(&'r PathRule, StateName), Refusal> {
    let state = request.map(|r| &r.state);
    let scope = knows.scope(asked);
    let path = rule
        .paths
        .iter()
        .find(|path| starts_at(&path.from, state) && path.when.holds(scope));
    match (path.map(|p| (p, &p.to)), state) {
        (Some((path, ToState::State(to))), _) => Ok((path, to.clone())),
        (Some((path, ToState::Same)), Some(state)) => Ok((path, state.clone())),
        (None | Some((_, ToState::Same)), None) => Err(Refusal::NotFound),
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

/// The principal that the data names at a path, if it names one.
fn principal_at(path: Option<&str>, asked: &Asked) -> Result<Option<PrincipalId>, Refusal> {
    let Some(path) = path else {
        return Ok(None);
    };
    match find(&asked.coded, path)
        .and_then(|v| v.as_str())
        .map(PrincipalId::parse)
    {
        None => Ok(None),
        Some(Ok(principal)) => Ok(Some(principal)),
        Some(Err(_)) => Err(Refusal::BadCode {
            place: Place::at(path),
            what: "principal",
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
    let outside = |rule| Refusal::Time {
        place: Place::at("received_at"),
        rule,
    };
    let received: Timestamp = text
        .parse()
        .map_err(|_| outside("received_at is an RFC 3339 time"))?;
    if received > facts.occurred_at {
        return Err(outside("received_at is not later than the sending"));
    }
    Ok(received)
}
