//! One receiver's messages sent once more, from the log: after a queue was lost, or a receiver.
//!
//! They carry the ids and places that they had, in the order of the log, and go the way that they went:
//! whoever else reads that way sees copies. No cursor moves.

use super::RelayError;
use super::broker_error::{Mismatch, PublishError};
use super::memory::RelayMemory;
use super::message::{AGENCIES_EXCHANGE, EVENTS_EXCHANGE, Lane, RESTRICTED_EXCHANGE, Route};
use super::page::Page;
use super::parked::Parked;
use super::publisher::Publisher;
use super::sending::{PAGE_EVENTS, Telling, tell};
use super::session::WINDOW;
use super::topology::Topology;
use super::window::Window;
use crate::commands::Registry;
use crate::domain::ids::{AgencyId, Authority, TeamId};
use crate::domain::workflow::located::nearest;
use crate::log::{Log, Position};
use std::time::Duration;

const CONFIRM_DEADLINE: Duration = Duration::from_secs(60);

/// Whose messages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Receiver {
    Team(TeamId),
    Agency(AgencyId),
    /// Child protection concerns, in full.
    Restricted,
}

#[derive(Debug, Clone)]
pub struct Redrive {
    pub authority: Authority,
    pub to: Receiver,
    /// The first event that is told again.
    pub from: Position,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Redriven {
    pub messages: usize,
    /// Of these, messages that no queue took.
    pub untaken: usize,
    /// Of the first of them: from there on it may be done again.
    pub first_untaken: Option<Position>,
    /// Queues that exist with other settings than ours, whoever reads them.
    pub mismatches: Vec<Mismatch>,
    /// Requests with an event that this build cannot read: from there on nothing was sent of them.
    pub unreadable: usize,
}

/// Why nothing was sent again, or not all.
#[derive(Debug, thiserror::Error)]
pub enum RedriveError {
    #[error(transparent)]
    Relay(#[from] RelayError),
    #[error("nothing of the authority `{0}` is in force")]
    NoAuthority(Authority),
    #[error("there is no {kind} `{code}`{meant} There are: {known}")]
    NoReceiver {
        kind: &'static str,
        code: String,
        /// `; did you mean …?` or a full stop.
        meant: String,
        known: String,
    },
    #[error("there is no position {from}: the log ends at {head}")]
    Beyond { from: Position, head: Position },
}

impl Redrive {
    /// # Errors
    /// When there is no such receiver or position. When a side is out of reach; it may be done again.
    pub async fn run(&self, registry: &Registry, url: &str) -> Result<Redriven, RedriveError> {
        let topology = Topology::of(&registry.in_force());
        self.find_receiver(&topology)?;
        let head = registry.log().head().await.map_err(RelayError::from)?;
        if self.from > head {
            let from = self.from;
            return Err(RedriveError::Beyond { from, head });
        }
        Ok(self.send(registry.log(), &topology, head, url).await?)
    }

    /// That it is one of those that have a queue.
    fn find_receiver(&self, topology: &Topology) -> Result<(), RedriveError> {
        let authority = &self.authority;
        if topology.receivers("team", authority).is_empty() {
            return Err(RedriveError::NoAuthority(authority.clone()));
        }
        let (kind, code) = match &self.to {
            Receiver::Team(team) => ("team", team.as_str()),
            Receiver::Agency(agency) => ("agency", agency.as_str()),
            Receiver::Restricted => return Ok(()),
        };
        let known = topology.receivers(kind, authority);
        if known.contains(&code) {
            return Ok(());
        }
        let meant = nearest(code, &known).map(|meant| format!("; did you mean `{meant}`?"));
        Err(RedriveError::NoReceiver {
            kind,
            code: code.to_owned(),
            meant: meant.unwrap_or_else(|| ".".to_owned()),
            known: known.join(", "),
        })
    }

    /// # Errors
    /// When a side is out of reach; it may be done again.
    async fn send(
        &self,
        log: &Log,
        topology: &Topology,
        head: Position,
        url: &str,
    ) -> Result<Redriven, RelayError> {
        let mut publisher = Publisher::connect(url, "rfa redrive").await?;
        let mut redriven = Redriven {
            mismatches: publisher.declare(topology).await?.mismatches,
            ..Redriven::default()
        };
        let lane = match self.to {
            Receiver::Team(_) | Receiver::Agency(_) => Lane::Ordinary,
            Receiver::Restricted => Lane::Restricted,
        };
        let telling = Telling {
            log,
            lane,
            topology,
        };
        let (mut memory, mut window) = (RelayMemory::default(), Window::default());
        let mut unreadable = Parked::new();
        let mut at = Position(self.from.0.max(1) - 1);
        while at < head {
            let recorded = log.read_after(at, PAGE_EVENTS).await?;
            let mut page = Page::decode(at, recorded)?;
            at = page.to;
            page.leave_out(&unreadable);
            let told = tell(telling, &mut memory, &mut page).await?;
            unreadable.append(&mut page.unreadable);
            let mut sent = Vec::new();
            for (event, messages) in &told {
                for message in messages.iter().filter(|one| self.is_for(&one.route)) {
                    window.push(publisher.send(message));
                    sent.push(event);
                    if window.len() >= WINDOW {
                        settle(&mut window).await?;
                    }
                }
            }
            settle(&mut window).await?;
            redriven.messages += sent.len();
            for event in sent {
                if window.take_untaken(event.id).is_some() {
                    redriven.untaken += 1;
                    redriven.first_untaken.get_or_insert(event.position);
                }
            }
        }
        publisher.close().await;
        redriven.unreadable = unreadable.len();
        Ok(redriven)
    }

    fn is_for(&self, route: &Route) -> bool {
        let authority = &self.authority;
        match &self.to {
            Receiver::Team(team) => {
                let own = format!("{authority}.{team}.");
                route.exchange == EVENTS_EXCHANGE && route.routing_key.starts_with(&own)
            }
            Receiver::Agency(agency) => {
                let own = format!("{authority}.{agency}.");
                route.exchange == AGENCIES_EXCHANGE && route.routing_key.starts_with(&own)
            }
            Receiver::Restricted => {
                let own = format!("{authority}.");
                route.exchange == RESTRICTED_EXCHANGE && route.routing_key.starts_with(&own)
            }
        }
    }
}

async fn settle(window: &mut Window<super::publisher::Sending>) -> Result<(), PublishError> {
    let settled = window.settle(window.len());
    let settled = tokio::time::timeout(CONFIRM_DEADLINE, settled).await;
    settled.unwrap_or(Err(PublishError::Deadline {
        doing: "waiting for confirms",
        limit: CONFIRM_DEADLINE,
    }))
}
