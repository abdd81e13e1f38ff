//! What must exist on the broker: exchanges, a quorum queue per team and per agency, bindings.
//! Data only; `publisher` declares it.

use super::message::{AGENCIES_EXCHANGE, EVENTS_EXCHANGE, RESTRICTED_EXCHANGE, Route};
use crate::commands::InForce;
use crate::domain::request::asking::UNROUTED;
use crate::domain::workflow::together::named_teams;
use std::collections::{BTreeSet, HashSet};

/// Deliveries of one message before it goes to the dead letters; stated, because the broker's own
/// default differs between versions.
pub const DELIVERY_LIMIT: i64 = 20;
pub const DEAD_LETTERS_EXCHANGE: &str = "rfa.dead-letters";
pub const DEAD_LETTERS_QUEUE: &str = "rfa.dead-letters";

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Queue {
    pub name: String,
    pub exchange: &'static str,
    pub binding: String,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Topology {
    pub queues: BTreeSet<Queue>,
    /// `{authority}.{agency}`
    agencies: HashSet<String>,
}

pub const EXCHANGES: [&str; 3] = [EVENTS_EXCHANGE, AGENCIES_EXCHANGE, RESTRICTED_EXCHANGE];

impl Topology {
    /// Of every authority in force.
    #[must_use]
    pub fn of(in_force: &InForce) -> Self {
        let mut topology = Self::default();
        for (authority, declared) in in_force {
            let organisation = declared.organisation();
            let mut teams: BTreeSet<String> = organisation
                .teams()
                .iter()
                .map(ToString::to_string)
                .collect();
            teams.insert(UNROUTED.to_owned());
            for workflow in declared.workflows() {
                let named = named_teams(&workflow.definition);
                teams.extend(named.into_iter().map(ToString::to_string));
            }
            for team in teams {
                topology.add(EVENTS_EXCHANGE, "team", authority, &team);
            }
            for agency in organisation.agencies() {
                topology.add(AGENCIES_EXCHANGE, "agency", authority, agency.as_str());
                topology.agencies.insert(format!("{authority}.{agency}"));
            }
            topology.queues.insert(Queue {
                name: format!("rfa.restricted.{authority}"),
                exchange: RESTRICTED_EXCHANGE,
                binding: format!("{authority}.#"),
            });
        }
        topology
    }

    /// Whether a message has anybody to go to. A team always has: the queue of one that is missing
    /// is a fault to be seen. An agency may have left the organisation; its copy is then not made.
    #[must_use]
    pub fn has_receiver(&self, route: &Route) -> bool {
        route.exchange != AGENCIES_EXCHANGE
            || route
                .routing_key
                .rsplit_once('.')
                .is_some_and(|(agency, _)| self.agencies.contains(agency))
    }

    fn add(&mut self, exchange: &'static str, kind: &str, authority: &str, code: &str) {
        self.queues.insert(Queue {
            name: format!("rfa.{kind}.{authority}.{code}"),
            exchange,
            binding: format!("{authority}.{code}.*"),
        });
    }
}
