//! Which team has a request after a move, and which worker.

use super::command::{Asked, Facts, OpeningFacts};
use super::error::{Place, Refusal};
use super::state::Request;
use crate::domain::ids::{PrincipalId, TeamId};
use crate::domain::workflow::definition::{MoveRule, OwnerRule};
use crate::domain::workflow::expression::find;

pub(super) struct NextTeam {
    pub(super) team: TeamId,
    pub(super) because: Option<String>,
}

pub(super) fn owner_team(
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
            team: known_team(team.clone(), None, facts)?,
            because: None,
        }),
        OwnerRule::From(path) => {
            let named = find(&asked.coded, path)
                .and_then(|v| v.as_str())
                .map(TeamId::parse);
            match named {
                Some(Ok(team)) => Ok(NextTeam {
                    team: known_team(team, Some(Place::at(path)), facts)?,
                    because: None,
                }),
                Some(Err(_)) => Err(Refusal::BadCode {
                    place: Place::at(path),
                    what: "team",
                }),
                None => current.or(routed).ok_or(Refusal::NotFound),
            }
        }
    }
}

fn known_team(team: TeamId, place: Option<Place>, facts: &Facts) -> Result<TeamId, Refusal> {
    if facts.teams.contains(&team) {
        Ok(team)
    } else {
        Err(Refusal::UnknownTeam {
            found: team,
            place,
            allowed: facts.teams.iter().cloned().collect(),
        })
    }
}

/// The team that held the request, where the act takes it away.
pub(super) fn team_left(request: Option<&Request>, next: &NextTeam) -> Option<TeamId> {
    let before = request.map(|request| &request.owner.team);
    before.filter(|team| **team != next.team).cloned()
}

/// The named worker after the act; a worker does not go with the request to another team.
pub(super) fn worker_after<'a>(
    named: Option<&'a PrincipalId>,
    request: Option<&'a Request>,
    left_team: Option<&TeamId>,
) -> Option<&'a PrincipalId> {
    let stays = request.filter(|_| left_team.is_none());
    named.or_else(|| stays.and_then(|request| request.worker.as_ref()))
}
