//! Claims: one member of the team that holds a request works on it, until the lease ends, the claim
//! is given back, or the request ends or leaves the team.

use super::command::Facts;
use super::entitle::{Ground, Who, check_sight};
use super::error::Refusal;
use super::event::{ClaimEffect, RequestEvent};
use super::sight::SightedAct;
use super::state::{Request, RequestState};
use crate::domain::ids::{PrincipalId, ReasonCode, StateName, TeamId};
use crate::domain::workflow::definition::{Definition, TakeOver};

/// Claiming one's own claim again changes nothing.
pub(super) fn claim(
    state: &RequestState,
    definition: &Definition,
    reason: Option<&ReasonCode>,
    facts: &Facts,
) -> Result<Vec<RequestEvent>, Refusal> {
    let request = member(state, definition, facts)?;
    let claimed = RequestEvent::Claimed {
        by: facts.person_id().clone(),
        team: request.owner.team.clone(),
        agency: request.later_agency().cloned(),
    };
    match &request.claimed_by {
        Some(holder) if holder == facts.person_id() => Ok(Vec::new()),
        Some(holder) => {
            let reason = reason_to_end(definition, request, (holder, reason), facts)?;
            let released = released(request, holder, Some(reason), facts);
            Ok(vec![released, claimed])
        }
        None => Ok(vec![claimed]),
    }
}

pub(super) fn release(
    state: &RequestState,
    definition: &Definition,
    reason: Option<&ReasonCode>,
    facts: &Facts,
) -> Result<Vec<RequestEvent>, Refusal> {
    let request = member(state, definition, facts)?;
    let holder = request.claimed_by.as_ref().ok_or(Refusal::NotClaimed)?;
    let reason = if holder == facts.person_id() {
        None
    } else {
        Some(reason_to_end(definition, request, (holder, reason), facts)?)
    };
    Ok(vec![released(request, holder, reason, facts)])
}

fn released(
    request: &Request,
    holder: &PrincipalId,
    reason: Option<ReasonCode>,
    facts: &Facts,
) -> RequestEvent {
    RequestEvent::Released {
        by: facts.person_id().clone(),
        team: request.owner.team.clone(),
        claimed_by: holder.clone(),
        agency: request.later_agency().cloned(),
        reason,
    }
}

/// What an act does to the claim that somebody has.
pub(super) fn after(
    definition: &Definition,
    request: Option<&Request>,
    (to, left_team): (&StateName, Option<&TeamId>),
    facts: &Facts,
) -> Option<ClaimEffect> {
    let holder = request?.claimed_by.as_ref()?;
    let ends = definition.states.get(to).is_some_and(|state| state.ends);
    if ends || left_team.is_some() {
        return Some(ClaimEffect::Dropped);
    }
    let renews = definition.claims.is_some() && holder == facts.person_id();
    renews.then_some(ClaimEffect::Renewed)
}

/// The reasons with which somebody may end a colleague's claim; none for whoever may not.
#[must_use]
pub fn may_end<'d>(
    definition: &'d Definition,
    request: &Request,
    who: Who<'_>,
) -> Option<&'d TakeOver> {
    let ground = Ground {
        definition,
        request: Some(request),
        team: &request.owner.team,
        actions: None,
        concern: None,
    };
    let rule = definition.claims.as_ref()?.take_over.as_ref()?;
    ground.find_role(&rule.by, who).map(|_| rule)
}

fn reason_to_end(
    definition: &Definition,
    request: &Request,
    (holder, reason): (&PrincipalId, Option<&ReasonCode>),
    facts: &Facts,
) -> Result<ReasonCode, Refusal> {
    let rule = may_end(definition, request, facts.who());
    let known = rule.map_or_else(Vec::new, |rule| rule.reasons.keys().cloned().collect());
    match (rule, reason) {
        (Some(rule), Some(reason)) if rule.reasons.contains_key(reason) => Ok(reason.clone()),
        (Some(_), Some(_)) => Err(Refusal::UnknownReason { allowed: known }),
        (None, _) | (_, None) => Err(Refusal::ClaimedByOther {
            holder: holder.clone(),
            reasons: known,
        }),
    }
}

/// Claims are for members of the owning team, and for requests that have not ended.
fn member<'a>(
    state: &'a RequestState,
    definition: &Definition,
    facts: &Facts,
) -> Result<&'a Request, Refusal> {
    let request = state.find().ok_or(Refusal::NotFound)?;
    check_sight(definition, request, SightedAct::Other, facts)?;
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

#[cfg(test)]
mod tests;
