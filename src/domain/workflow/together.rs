//! What a workflow names of the files beside it.

use super::definition::{Definition, OwnerRule, RouteTo};
use crate::domain::ids::TeamId;
use std::collections::BTreeSet;

/// Every team that a workflow names.
#[must_use]
pub fn named_teams(definition: &Definition) -> BTreeSet<&TeamId> {
    let owners = definition.moves.values().map(|rule| match &rule.owner {
        OwnerRule::Team(team) => Some(team),
        OwnerRule::Same | OwnerRule::Routed | OwnerRule::From(_) => None,
    });
    let routes = definition.routing.iter().map(|rule| match &rule.team {
        RouteTo::Team(team) => Some(team),
        RouteTo::LocalityAt(_) => None,
    });
    owners.chain(routes).flatten().collect()
}
