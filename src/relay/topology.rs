//! What must exist on the broker: exchanges, queues with their settings, bindings. Data only;
//! `publisher` declares it.

use super::message::{AGENCIES_EXCHANGE, EVENTS_EXCHANGE, RESTRICTED_EXCHANGE, Route};
use crate::commands::InForce;
use crate::domain::ids::Authority;
use crate::domain::request::asking::UNROUTED;
use crate::domain::workflow::together::named_teams;
use std::collections::{BTreeSet, HashSet};

/// Deliveries of one message before it goes to the dead letters; stated, because the broker's own
/// default differs between versions.
pub const DELIVERY_LIMIT: i64 = 20;
/// Messages that wait for a team or an agency. A full queue takes no more: what follows waits in the
/// log, and its requests are shown as parked.
pub const QUEUE_MESSAGES_MAX: i64 = 100_000;
/// A queue that holds so many has no reader to speak of.
pub const UNREAD_FROM: u32 = 50_000;
pub const DEAD_LETTERS_EXCHANGE: &str = "rfa.dead-letters";
pub const DEAD_LETTERS_QUEUE: &str = "rfa.dead-letters";
/// Where service accounts send to. Routing keys are ignored.
pub const INTAKE_EXCHANGE: &str = "rfa.intake";
pub const INTAKE_QUEUE: &str = "rfa.intake";
/// Apart from those of events: what lies here is somebody's request, and is parked at once.
pub const INTAKE_DEAD_LETTERS: &str = "rfa.intake.dead-letters";

/// Nothing behind it takes a message that is given back too often: so it is given back for ever.
const NO_LIMIT: i64 = 1_000_000_000;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExchangeKind {
    Topic,
    Fanout,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Exchange {
    pub name: &'static str,
    pub kind: ExchangeKind,
}

/// Durable, and without an alternate exchange: it would swallow what no queue takes.
pub const EXCHANGES: [Exchange; 6] = [
    topic(EVENTS_EXCHANGE),
    topic(AGENCIES_EXCHANGE),
    topic(RESTRICTED_EXCHANGE),
    fanout(DEAD_LETTERS_EXCHANGE),
    fanout(INTAKE_EXCHANGE),
    fanout(INTAKE_DEAD_LETTERS),
];

const fn topic(name: &'static str) -> Exchange {
    let kind = ExchangeKind::Topic;
    Exchange { name, kind }
}

const fn fanout(name: &'static str) -> Exchange {
    let kind = ExchangeKind::Fanout;
    Exchange { name, kind }
}

/// What a queue is for, which decides its settings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Purpose {
    /// Read by somebody else.
    Receiver,
    DeadLetters,
    Intake,
    IntakeDeadLetters,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Queue {
    pub name: String,
    pub exchange: &'static str,
    pub binding: String,
    pub purpose: Purpose,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Setting {
    Text(&'static str),
    Number(i64),
}

impl Queue {
    fn whole(name: &str, exchange: &'static str, purpose: Purpose) -> Self {
        Self {
            name: name.to_owned(),
            exchange,
            binding: "#".to_owned(),
            purpose,
        }
    }

    /// Of a durable quorum queue.
    #[must_use]
    pub fn settings(&self) -> Vec<(&'static str, Setting)> {
        let limit = |deliveries| ("x-delivery-limit", Setting::Number(deliveries));
        // The broker's own default sends a dead letter once and forgets it. This way asks for the
        // overflow beside it, also where no length is limited.
        let dead_letters = |exchange| {
            [
                ("x-dead-letter-exchange", Setting::Text(exchange)),
                ("x-dead-letter-strategy", Setting::Text("at-least-once")),
                ("x-overflow", Setting::Text("reject-publish")),
            ]
        };
        let mut settings = vec![("x-queue-type", Setting::Text("quorum"))];
        match self.purpose {
            Purpose::Receiver => {
                settings.push(limit(DELIVERY_LIMIT));
                settings.push(("x-max-length", Setting::Number(QUEUE_MESSAGES_MAX)));
                settings.extend(dead_letters(DEAD_LETTERS_EXCHANGE));
            }
            Purpose::Intake => {
                settings.push(limit(DELIVERY_LIMIT));
                settings.extend(dead_letters(INTAKE_DEAD_LETTERS));
            }
            Purpose::DeadLetters | Purpose::IntakeDeadLetters => settings.push(limit(NO_LIMIT)),
        }
        settings
    }
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Topology {
    pub queues: BTreeSet<Queue>,
    /// `{authority}.{agency}`
    agencies: HashSet<String>,
}

impl Topology {
    /// What is taken in, and what has no receiver of its own.
    #[must_use]
    pub fn of_intake() -> Self {
        let queues = [
            Queue::whole(
                DEAD_LETTERS_QUEUE,
                DEAD_LETTERS_EXCHANGE,
                Purpose::DeadLetters,
            ),
            Queue::whole(INTAKE_QUEUE, INTAKE_EXCHANGE, Purpose::Intake),
            Queue::whole(
                INTAKE_DEAD_LETTERS,
                INTAKE_DEAD_LETTERS,
                Purpose::IntakeDeadLetters,
            ),
        ];
        Self {
            queues: queues.into(),
            agencies: HashSet::new(),
        }
    }

    /// Of every authority in force, with the intake.
    #[must_use]
    pub fn of(in_force: &InForce) -> Self {
        let mut topology = Self::of_intake();
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
                purpose: Purpose::Receiver,
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

    /// Codes of the teams (`team`) or agencies (`agency`) of an authority that have a queue.
    pub(super) fn receivers(&self, kind: &str, authority: &Authority) -> Vec<&str> {
        let start = format!("rfa.{kind}.{authority}.");
        let names = self.queues.iter().map(|queue| &queue.name);
        names.filter_map(|name| name.strip_prefix(&start)).collect()
    }

    fn add(&mut self, exchange: &'static str, kind: &str, authority: &str, code: &str) {
        self.queues.insert(Queue {
            name: format!("rfa.{kind}.{authority}.{code}"),
            exchange,
            binding: format!("{authority}.{code}.*"),
            purpose: Purpose::Receiver,
        });
    }
}

/// Messages that receivers gave back too often. They belong to nobody: a person has to look at them.
#[must_use]
pub fn dead_letters(depths: &[(String, u32)]) -> u32 {
    let mut depths = depths.iter();
    let found = depths.find(|(name, _)| name == DEAD_LETTERS_QUEUE);
    found.map_or(0, |(_, messages)| *messages)
}

/// For that person, if there are any.
#[must_use]
pub fn about_dead_letters(count: u32) -> Option<String> {
    (count > 0).then(|| {
        format!(
            "`{DEAD_LETTERS_QUEUE}` holds {count}, each given back {DELIVERY_LIMIT} times by its \
             receiver: once that is well again, `rfa topology redrive --from` the lowest \
             `rfa-position` among their headers, then empty the queue"
        )
    })
}

/// Queues that are on their way to being full. Of the dead letters one is too many: they are counted.
#[must_use]
pub fn unread(depths: Vec<(String, u32)>, from: u32) -> Vec<(String, u32)> {
    let full = |(name, messages): &(String, u32)| *messages >= from && name != DEAD_LETTERS_QUEUE;
    depths.into_iter().filter(full).collect()
}
