//! One receiver's messages sent once more, from the log: after a queue was lost, or a receiver.
//!
//! They carry the ids that they had, in the order of the log, and go the way that they went: whoever
//! else reads that way sees copies. No cursor moves.

use super::RelayError;
use super::broker_error::PublishError;
use super::message::{AGENCIES_EXCHANGE, EVENTS_EXCHANGE, Lane, RESTRICTED_EXCHANGE, Route};
use super::origin::Origins;
use super::page::Page;
use super::parked::Parked;
use super::publisher::Publisher;
use super::sending::{PAGE_EVENTS, Telling, tell};
use super::session::WINDOW;
use super::topology::Topology;
use super::window::Window;
use crate::commands::Registry;
use crate::domain::ids::{AgencyId, Authority, TeamId};
use crate::log::Position;
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

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Redriven {
    pub messages: usize,
    /// Of these, messages that no queue took.
    pub untaken: usize,
    /// Requests with an event that this build cannot read: from there on nothing was sent of them.
    pub unreadable: usize,
}

impl Redrive {
    /// # Errors
    /// When a side is out of reach; it may be done again.
    pub async fn run(&self, registry: &Registry, url: &str) -> Result<Redriven, RelayError> {
        let (log, topology) = (registry.log(), Topology::of(&registry.in_force()));
        let mut publisher = Publisher::connect(url, "rfa redrive").await?;
        publisher.declare(&topology).await?;
        let lane = match self.to {
            Receiver::Team(_) | Receiver::Agency(_) => Lane::Ordinary,
            Receiver::Restricted => Lane::Restricted,
        };
        let telling = Telling {
            log,
            lane,
            topology: &topology,
        };
        let head = log.head().await?;
        let (mut origins, mut window) = (Origins::default(), Window::default());
        let (mut redriven, mut unreadable) = (Redriven::default(), Parked::new());
        let mut at = Position(self.from.0.max(1) - 1);
        while at < head {
            let recorded = log.read_after(at, PAGE_EVENTS).await?;
            let mut page = Page::decode(at, recorded)?;
            at = page.to;
            page.leave_out(&unreadable);
            let told = tell(telling, &mut origins, &mut page).await?;
            unreadable.append(&mut page.unreadable);
            let mut ids = Vec::new();
            for message in told.iter().flat_map(|(_, messages)| messages) {
                if self.is_for(&message.route) {
                    window.push(publisher.send(message));
                    ids.push(message.id);
                    if window.len() >= WINDOW {
                        settle(&mut window).await?;
                    }
                }
            }
            settle(&mut window).await?;
            redriven.messages += ids.len();
            let untaken = ids.iter().filter(|id| window.take_untaken(**id).is_some());
            redriven.untaken += untaken.count();
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
