//! Requests that a team has and nobody can be counted on to move. A request always has an owner; these
//! are the ways in which that owner may be a name alone.

use crate::domain::declared::Declared;
use crate::domain::ids::{PrincipalId, StateName, TeamId};
use crate::domain::organisation::Organisation;
use crate::domain::organisation::file::UnitKind;
use crate::domain::request::actor::{Principal, PrincipalKind};
use crate::domain::workflow::definition::{
    Definition, FromStates, MoveRule, Relation, RoleRule, Scope,
};
use jiff::civil::Date;
use std::collections::BTreeMap;

/// Claims that lapse one after the other before somebody has to look.
const LAPSES_MAX: i32 = 2;

/// Why a request is without an owner.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum OwnerGap {
    /// Nobody in the team, and no worker, has a move that takes the request on.
    NobodyCanAct,
    /// The named worker holds no role any more.
    WorkerGone,
    /// The team's last day is over, or the organisation does not know the team.
    UnitClosed,
    /// No rule could place it: it waits for a person to do so.
    Unrouted,
    /// Claims lapsed one after the other, and nothing was done in between.
    ClaimLapsedTwice,
}

impl OwnerGap {
    pub const ALL: [Self; 5] = [
        Self::NobodyCanAct,
        Self::WorkerGone,
        Self::UnitClosed,
        Self::Unrouted,
        Self::ClaimLapsedTwice,
    ];

    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::NobodyCanAct => "nobody-can-act",
            Self::WorkerGone => "worker-gone",
            Self::UnitClosed => "unit-closed",
            Self::Unrouted => "unrouted",
            Self::ClaimLapsedTwice => "claim-lapsed-twice",
        }
    }

    /// As people read it.
    #[must_use]
    pub const fn title(self) -> &'static str {
        match self {
            Self::NobodyCanAct => "Nobody in the team can act on it",
            Self::WorkerGone => "The named worker has left",
            Self::UnitClosed => "The team is closed",
            Self::Unrouted => "No rule could place it",
            Self::ClaimLapsedTwice => "Claimed twice, and nothing was done",
        }
    }
}

/// What a request stands on.
#[derive(Debug, Clone, Copy)]
pub struct HeldRequest<'a> {
    pub definition: &'a Definition,
    pub state: &'a StateName,
    pub team: &'a TeamId,
    pub worker: Option<&'a PrincipalId>,
    pub claimed_by: Option<&'a PrincipalId>,
    pub lapses: i32,
}

/// People, units and their days, as they are in force.
pub struct OwnersInForce<'a> {
    organisation: &'a Organisation,
    on: Date,
    /// Those who hold some role.
    people: BTreeMap<&'a PrincipalId, &'a Principal>,
    members: BTreeMap<&'a TeamId, Vec<&'a Principal>>,
}

impl<'a> OwnersInForce<'a> {
    #[must_use]
    pub fn of(declared: &'a Declared, on: Date) -> Self {
        Self::among(declared.organisation(), declared.principals(), on)
    }

    fn among(
        organisation: &'a Organisation,
        people: impl Iterator<Item = &'a Principal>,
        on: Date,
    ) -> Self {
        let mut in_force = Self {
            organisation,
            on,
            people: BTreeMap::new(),
            members: BTreeMap::new(),
        };
        let is_there =
            |one: &&Principal| one.kind == PrincipalKind::Person && !one.grants.is_empty();
        for person in people.filter(is_there) {
            in_force.people.insert(&person.id, person);
            for team in person.grants.iter().filter_map(|grant| grant.team.as_ref()) {
                in_force.members.entry(team).or_default().push(person);
            }
        }
        in_force
    }

    /// None where somebody can be counted on.
    #[must_use]
    pub fn gaps(&self, held: &HeldRequest<'_>) -> Vec<OwnerGap> {
        let unit = self.organisation.file().and_then(|file| {
            let unit = file.units.iter().find(|unit| unit.id == *held.team)?;
            let (first, last) = file.days_of(unit);
            Some((unit, (first..=last).contains(&self.on)))
        });
        let holds = |gap: &OwnerGap| match gap {
            OwnerGap::NobodyCanAct => !self.somebody_can_act(held),
            OwnerGap::WorkerGone => held.worker.is_some_and(|id| !self.people.contains_key(id)),
            OwnerGap::UnitClosed => unit.is_none_or(|(_, is_open)| !is_open),
            OwnerGap::Unrouted => unit.is_some_and(|(unit, _)| unit.kind == UnitKind::Triage),
            OwnerGap::ClaimLapsedTwice => held.claimed_by.is_none() && held.lapses >= LAPSES_MAX,
        };
        OwnerGap::ALL.into_iter().filter(holds).collect()
    }

    /// Passing on a concern takes no request on: everybody may do that.
    fn somebody_can_act(&self, held: &HeldRequest<'_>) -> bool {
        let mut moves = held.definition.moves.values();
        moves.any(|rule| {
            rule.hand_over.is_none()
                && leaves(rule, held.state)
                && rule.by.iter().any(|role| {
                    let role = held.definition.roles.get(role);
                    role.is_some_and(|role| self.somebody_stands_in(role, held))
                })
        })
    }

    fn somebody_stands_in(&self, role: &RoleRule, held: &HeldRequest<'_>) -> bool {
        let is_there = |id: Option<&PrincipalId>| id.is_some_and(|id| self.people.contains_key(id));
        match role.relation {
            Some(Relation::Worker) => is_there(held.worker),
            Some(Relation::ClaimHolder) => is_there(held.claimed_by),
            // Whoever asked, covers, decided or does one action takes nothing on for the team.
            Some(_) => false,
            None => {
                let members = self.members.get(held.team).map_or(&[][..], Vec::as_slice);
                let mut grants = members.iter().flat_map(|member| &member.grants);
                grants.any(|grant| {
                    let here = role.of == Scope::Anywhere || grant.team.as_ref() == Some(held.team);
                    here && role.any_of.contains(&grant.role)
                })
            }
        }
    }
}

fn leaves(rule: &MoveRule, state: &StateName) -> bool {
    rule.paths.iter().any(|path| match &path.from {
        FromStates::Start => false,
        FromStates::Any => true,
        FromStates::Of(states) => states.contains(state),
    })
}

#[cfg(test)]
mod tests;
