//! Who may: roles as relations between a person and a request, read from the definition.

use super::actor::{Grant, Principal, PrincipalKind};
use super::command::{Asked, Facts, Sight};
use super::concern::{self, Concern};
use super::error::Refusal;
use super::event::{ActedAs, HeldBy};
use super::guard::Knows;
use super::sight::{Involvement, SightedAct, Unseen};
use super::state::Request;
use crate::domain::ids::{MoveName, PrincipalId, RoleName, StateName, TeamId};
use crate::domain::organisation::Covers;
use crate::domain::workflow::definition::{
    Definition, FromStates, HandOver, MoveRule, Relation, RoleRule, Scope,
};

/// The moves that the state allows, whoever asks; without those that the opening of the text makes.
pub fn moves_from<'a>(
    definition: &'a Definition,
    state: Option<&'a StateName>,
) -> impl Iterator<Item = (&'a MoveName, &'a MoveRule)> {
    definition
        .moves
        .iter()
        .filter(|(name, _)| !definition.is_made_by_opening(name))
        .filter(move |(_, rule)| rule.paths.iter().any(|path| starts_at(&path.from, state)))
}

/// The moves that the state allows and this person may make.
pub fn moves_open_to<'a>(
    definition: &'a Definition,
    request: &'a Request,
    who: Who<'a>,
) -> impl Iterator<Item = (&'a MoveName, &'a MoveRule)> {
    let ground = Ground {
        definition,
        request: Some(request),
        team: &request.owner.team,
        actions: None,
        concern: None,
    };
    let involvement = Involvement::of(definition, request, who);
    let moves = moves_from(definition, Some(&request.state));
    moves.filter(move |(_, rule)| {
        let act = SightedAct::Move(rule);
        let sees = involvement.check_sight(definition, request, act).is_ok();
        sees && match rule.hand_over {
            None | Some(HandOver::Opens) => ground.allows(rule, who),
            Some(_) => !concern::open_to(&ground, rule, who).is_empty(),
        }
    })
}

/// Whether some opening move is for a role of this principal, wherever the request goes; a service
/// account opens what its grant lists.
#[must_use]
pub fn may_open(definition: &Definition, principal: &Principal) -> bool {
    let mut opening = definition.moves.iter().filter(|(_, rule)| rule.opens);
    let carries = |name: &MoveName| {
        let mut grants = principal.grants.iter();
        grants.any(|grant| grant.moves.contains(name) || grant.moves_on_sent.contains(name))
    };
    match principal.kind {
        PrincipalKind::ServiceAccount => opening.any(|(name, _)| carries(name)),
        PrincipalKind::Person => opening
            .flat_map(|(_, rule)| &rule.by)
            .any(|role| is_held_anywhere(definition, role, principal)),
    }
}

fn is_held_anywhere(definition: &Definition, role: &RoleName, person: &Principal) -> bool {
    definition.roles.get(role).is_some_and(|rule| {
        rule.of == Scope::Anywhere && rule.any_of.iter().any(|role| person.holds(role))
    })
}

/// Whether the person holds a role that lets them take over child protection concerns wherever they come
/// from.
#[must_use]
pub fn answers_concerns(definition: &Definition, person: &Principal) -> bool {
    let moves = definition.moves.values();
    let mut roles = moves
        .filter(|rule| rule.hand_over == Some(HandOver::TakesOver))
        .flat_map(|rule| &rule.by);
    roles.any(|role| is_held_anywhere(definition, role, person))
}

/// The rule that stands before all roles: who may not see may not act. Of a service account both
/// have to see, the account and the person that it speaks for.
///
/// # Errors
/// As for a request that does not exist, or that is in another process.
pub(super) fn check_sight(
    definition: &Definition,
    request: &Request,
    act: SightedAct<'_>,
    facts: &Facts,
) -> Result<(), Refusal> {
    if facts.is_import {
        return Ok(());
    }
    for person in std::iter::once(&facts.actor).chain(&facts.on_behalf_of) {
        let who = Who {
            person,
            covers: &facts.covers,
            sight: facts.sight,
        };
        let involvement = Involvement::of(definition, request, who);
        match involvement.check_sight(definition, request, act) {
            Ok(()) => {}
            Err(Unseen::Request) => return Err(Refusal::NotFound),
            Err(Unseen::State) => return Err(Refusal::HiddenState),
        }
    }
    Ok(())
}

/// The concerns of a request, by number, about which this person may make such a move now.
#[must_use]
pub fn concerns_open_to(
    definition: &Definition,
    request: &Request,
    rule: &MoveRule,
    who: Who<'_>,
) -> Vec<u32> {
    let ground = Ground {
        definition,
        request: Some(request),
        team: &request.owner.team,
        actions: None,
        concern: None,
    };
    concern::open_to(&ground, rule, who)
}

/// Whether it is this person's task to take over concerns of the request.
#[must_use]
pub fn is_responder(definition: &Definition, request: &Request, who: Who<'_>) -> bool {
    let ground = Ground {
        definition,
        request: Some(request),
        team: &request.owner.team,
        actions: None,
        concern: None,
    };
    ground.is_responder(who)
}

/// A person, who answers for whom at the time, and whether the person has opened the text.
#[derive(Debug, Clone, Copy)]
pub struct Who<'a> {
    pub person: &'a Principal,
    pub covers: &'a Covers,
    pub sight: Sight,
}

impl Who<'_> {
    /// Whether the person answers for whoever asked: only what waits for the requester goes to the
    /// cover.
    #[must_use]
    pub fn covers(&self, request: &Request) -> bool {
        let waits = matches!(request.owner.held_by, HeldBy::Requester(_));
        let agency = request.agency.as_ref().filter(|_| waits);
        agency
            .and_then(|agency| self.covers.get(agency))
            .is_some_and(|cover| cover.by == self.person.id)
    }
}

pub(super) fn starts_at(from: &FromStates, state: Option<&StateName>) -> bool {
    match (from, state) {
        (FromStates::Start, None) | (FromStates::Any, Some(_)) => true,
        (FromStates::Of(states), Some(state)) => states.contains(state),
        (FromStates::Start, Some(_)) | (FromStates::Any | FromStates::Of(_), None) => false,
    }
}

/// Where a move is asked for.
#[derive(Clone)]
pub(super) struct Ground<'a> {
    pub(super) definition: &'a Definition,
    pub(super) request: Option<&'a Request>,
    /// Owner before the move; of an opening move, the team that it is routed to.
    pub(super) team: &'a TeamId,
    /// Of the child's plan, which the act settles; `None` where no act is at hand.
    pub(super) actions: Option<Vec<u32>>,
    /// The concern that the act names, by number; `None` where it names none.
    pub(super) concern: Option<u32>,
}

/// As whom the person may make the move.
///
/// # Errors
/// When no role lets the move pass, or one forbids it.
pub(super) fn acted_as(
    ground: &Ground<'_>,
    asked: &Asked,
    rule: &MoveRule,
    facts: &Facts,
) -> Result<ActedAs, Refusal> {
    let not_yours = || Refusal::NotYours {
        found: asked.move_name.clone(),
        allowed: rule.by.clone(),
    };
    let person = facts.person();
    check_carrier(ground.request, &asked.move_name, facts)?;
    if rule
        .hand_over
        .is_some_and(|step| concern::needs_person(step, facts))
    {
        return Err(not_yours());
    }
    let who = facts.who();
    if ground.find_role(&rule.not_by, who).is_some() {
        return Err(not_yours());
    }
    let role = ground.role_for(asked, rule, who)?;
    let grant = ground.find_grant(role, person);
    Ok(ActedAs {
        role: role.clone(),
        agency: grant
            .and_then(|grant| grant.agency.as_ref())
            .or_else(|| person.agency())
            .cloned(),
        team: person
            .is_member_of(ground.team)
            .then(|| ground.team.clone()),
    })
}

/// A service account makes the moves of its grant, for people of its agency who agreed to it.
fn check_carrier(
    request: Option<&Request>,
    move_name: &MoveName,
    facts: &Facts,
) -> Result<(), Refusal> {
    let (account, Some(person)) = (&facts.actor, &facts.on_behalf_of) else {
        return Ok(());
    };
    let has_sent = request.is_none_or(|request| {
        let carrier = request.opening.carried_by.as_ref();
        carrier == Some(&account.id) && request.requester == person.id
    });
    if account.may_carry(person, move_name, has_sent) {
        return Ok(());
    }
    let grants = account.grants.iter();
    let moves = grants.flat_map(|grant| grant.moves.union(&grant.moves_on_sent));
    Err(Refusal::NotCarried {
        found: move_name.clone(),
        allowed: moves.cloned().collect(),
    })
}

impl Ground<'_> {
    /// The same, with an act about that concern.
    pub(super) fn of_concern(&self, number: u32) -> Self {
        Self {
            concern: Some(number),
            ..self.clone()
        }
    }

    pub(super) fn allows(&self, rule: &MoveRule, who: Who<'_>) -> bool {
        self.find_role(&rule.by, who).is_some() && self.find_role(&rule.not_by, who).is_none()
    }

    pub(super) fn is_responder(&self, who: Who<'_>) -> bool {
        let mut moves = self.definition.moves.values();
        moves.any(|rule| rule.hand_over == Some(HandOver::TakesOver) && self.allows(rule, who))
    }

    fn is_concern(&self, fits: impl Fn(&Concern) -> bool) -> bool {
        let concerns = self.request.map_or(&[][..], |request| &request.concerns);
        let mut named = concerns
            .iter()
            .filter(|concern| self.concern.is_none_or(|number| concern.number == number));
        named.any(fits)
    }

    /// The first role of `by` that the person stands in and whose own condition holds.
    fn role_for<'r>(
        &self,
        asked: &Asked,
        rule: &'r MoveRule,
        who: Who<'_>,
    ) -> Result<&'r RoleName, Refusal> {
        let knows = Knows::of(self.request);
        let scope = knows.scope(asked);
        let mut because = None;
        let mut roles = rule.by.iter();
        while let Some(role) = self.find_next(&mut roles, who) {
            match rule.by_when.get(role) {
                Some(guard) if !guard.asks.holds(scope) => because = Some(&guard.because),
                Some(_) | None => return Ok(role),
            }
        }
        let found = asked.move_name.clone();
        let seen = Who {
            sight: Sight::Opened,
            ..who
        };
        Err(match because {
            Some(because) => Refusal::Guarded {
                found,
                because: because.trim_end_matches('.').to_owned(),
            },
            None if self.find_role(&rule.by, seen).is_some() => Refusal::NotOpened { found },
            None => Refusal::NotYours {
                found,
                allowed: rule.by.clone(),
            },
        })
    }

    pub(super) fn find_role<'r>(
        &self,
        roles: &'r [RoleName],
        who: Who<'_>,
    ) -> Option<&'r RoleName> {
        self.find_next(&mut roles.iter(), who)
    }

    fn find_next<'r>(
        &self,
        roles: &mut impl Iterator<Item = &'r RoleName>,
        who: Who<'_>,
    ) -> Option<&'r RoleName> {
        roles.find(|name| {
            let rule = self.definition.roles.get(*name);
            rule.is_some_and(|rule| self.stands_in(rule, who))
        })
    }

    /// The grant that makes the person stand in a role, where it is no relation.
    fn find_grant<'p>(&self, role: &RoleName, person: &'p Principal) -> Option<&'p Grant> {
        let rule = self.definition.roles.get(role)?;
        let mut grants = person.grants.iter();
        grants.find(|grant| self.lets_stand_in(rule, grant))
    }

    fn lets_stand_in(&self, rule: &RoleRule, grant: &Grant) -> bool {
        rule.relation.is_none()
            && rule.any_of.contains(&grant.role)
            && match rule.of {
                Scope::Anywhere => true,
                Scope::Owner => grant.team.as_ref() == Some(self.team),
            }
    }

    fn stands_in(&self, rule: &RoleRule, who: Who<'_>) -> bool {
        match who.sight {
            Sight::Unopened if rule.opened => false,
            // Who had claimed it, or what a meeting decided, was not recorded there.
            Sight::NotAsked if rule.opened => who.person.is_member_of(self.team),
            Sight::Opened | Sight::Unopened | Sight::NotAsked => self.is_related(rule, who),
        }
    }

    fn is_related(&self, rule: &RoleRule, who: Who<'_>) -> bool {
        let person = who.person;
        let is = |of: fn(&Request) -> Option<&PrincipalId>| {
            self.request.and_then(of).is_some_and(|id| *id == person.id)
        };
        match rule.relation {
            Some(Relation::Requester) => is(|request| Some(&request.requester)),
            Some(Relation::Cover) => self.request.is_some_and(|request| who.covers(request)),
            Some(Relation::Worker) => is(|request| request.worker.as_ref()),
            Some(Relation::Action) => self
                .request
                .is_some_and(|request| request.plan.is_for(person, self.actions.as_deref())),
            Some(Relation::Decider) => {
                is(|request| request.decider.as_ref())
                    || is(|request| request.decided_with.as_ref())
            }
            Some(Relation::Proposer) => is(|request| request.proposer.as_ref()),
            Some(Relation::ClaimHolder) => is(|request| request.claimed_by.as_ref()),
            Some(Relation::ConcernAuthor) => {
                self.is_concern(|concern| concern.passed_on_by.as_ref() == Some(&person.id))
            }
            Some(Relation::ConcernHolder) => {
                self.is_concern(|concern| concern.is_held_by(&person.id))
            }
            None => {
                let mut grants = person.grants.iter();
                grants.any(|grant| self.lets_stand_in(rule, grant))
            }
        }
    }
}
