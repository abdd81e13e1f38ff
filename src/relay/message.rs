//! The public contract: what a receiver may rely on. CloudEvents 1.0, structured, with ids and
//! codes only; whoever wants more fetches it with rights of their own.
//!
//! A stored event is private; this small function says what of it is public: who, where, which
//! version, when. What was written or chosen in an act is not, since even a code may tell. Every
//! message for one event carries the same id, whichever queue it goes to.
//!
//! A team's copies go to `rfa.events`; the copy for the agency that asked goes to an exchange of its
//! own under `{authority}.{agency}.{event}`. Were they on one exchange, a team and an agency of the
//! same code would read each other's messages, and a receiver that binds a whole authority would
//! get everything twice.

use super::contract::{EVENT_SCHEMA, Envelope, EventData, STUB_SCHEMA, StubData, What};
use super::place::RequestPlaces;
use crate::domain::ids::AgencyId;
use crate::domain::request::event::RequestEvent;
use crate::log::epoch::Epoch;
use crate::log::{Audience, Recorded};
use std::fmt;
use std::sync::Arc;
use uuid::Uuid;

/// Which of the two streams of messages; each has an exchange and a cursor of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Lane {
    Ordinary,
    /// Child protection concerns, in full.
    Restricted,
}

pub const EVENTS_EXCHANGE: &str = "rfa.events";
pub const AGENCIES_EXCHANGE: &str = "rfa.agencies";
pub const RESTRICTED_EXCHANGE: &str = "rfa.restricted";

/// What stands on the ordinary exchange for a restricted event.
const STUB: &str = "moved-to-another-process";

/// Where a message is sent.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Route {
    pub exchange: &'static str,
    pub routing_key: String,
}

impl fmt::Display for Route {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.exchange, self.routing_key)
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    pub route: Route,
    pub id: Uuid,
    /// Public, of the event.
    pub position: Arc<str>,
    /// UTF-8 JSON, shared by the copies of one event that have the same place.
    pub body: Arc<[u8]>,
}

/// What the opening act said, and later messages need.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    pub reference: String,
    pub workflow: String,
    pub workflow_version: u32,
    /// Of the named person or lead professional.
    pub agency: Option<String>,
}

impl Origin {
    /// `None` where the event is no opening act.
    #[must_use]
    pub fn find_in(event: &RequestEvent) -> Option<Self> {
        let RequestEvent::Act(act) = event else {
            return None;
        };
        let opening = act.opening.as_ref()?;
        Some(Self {
            reference: opening.reference.to_string(),
            workflow: opening.workflow.to_string(),
            workflow_version: opening.version,
            agency: opening.agency.as_ref().map(ToString::to_string),
        })
    }
}

/// An event with what its messages need beside it.
#[derive(Debug, Clone, Copy)]
pub struct TellableEvent<'a> {
    pub recorded: &'a Recorded,
    pub event: &'a RequestEvent,
    pub origin: &'a Origin,
    /// With this event counted; `None` for a message that says no place.
    pub places: Option<&'a RequestPlaces>,
    pub epoch: Epoch,
}

/// The messages of one event on one lane, in the order in which they are sent: to the team that
/// holds the request now, the team that it was taken from, and the agency that asked.
///
/// # Errors
/// When one cannot be written down, which no event of ours has ever been.
pub fn messages(lane: Lane, told: TellableEvent<'_>) -> Result<Vec<Message>, serde_json::Error> {
    let recorded = told.recorded;
    let is_restricted = recorded.audience == Audience::Restricted;
    let name = match (lane, is_restricted) {
        (Lane::Restricted, false) => return Ok(Vec::new()),
        (Lane::Ordinary, true) => STUB,
        (Lane::Restricted, true) | (Lane::Ordinary, false) => recorded.event_type.as_str(),
    };
    let position: Arc<str> = recorded.position.public(told.epoch.id).into();
    let mut encoded: Vec<(Option<u32>, Arc<[u8]>)> = Vec::with_capacity(1);
    let mut messages = Vec::new();
    for party in parties(told.event, told.origin) {
        let (exchange, to) = match (lane, party) {
            (Lane::Restricted, Party::Agency(_)) => continue,
            (Lane::Restricted, Party::Team(team)) => (RESTRICTED_EXCHANGE, team),
            (Lane::Ordinary, Party::Team(team)) => (EVENTS_EXCHANGE, team),
            (Lane::Ordinary, Party::Agency(agency)) => (AGENCIES_EXCHANGE, agency),
        };
        let place = told.places.map(|places| places.of(lane, party));
        let body = match encoded.iter().find(|(of, _)| *of == place) {
            Some((_, body)) => Arc::clone(body),
            None => {
                let body: Arc<[u8]> = encode(told, MessageHead { name, place })?.into();
                encoded.push((place, Arc::clone(&body)));
                body
            }
        };
        messages.push(Message {
            route: Route {
                exchange,
                routing_key: format!("{}.{to}.{name}", recorded.authority),
            },
            id: recorded.event_id(),
            position: Arc::clone(&position),
            body,
        });
    }
    Ok(messages)
}

/// Whom an event concerns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Party<'a> {
    Team(&'a str),
    Agency(&'a str),
}

/// Those to whom a message about the event goes, whatever the lane.
#[must_use]
pub fn parties<'a>(event: &'a RequestEvent, origin: &'a Origin) -> Vec<Party<'a>> {
    let (team, left) = teams_of(event);
    let teams = std::iter::once(team).chain(left).map(Party::Team);
    teams
        .chain(agencies_of(event, origin).map(Party::Agency))
        .collect()
}

/// Owner after the event, and the team that it was taken from.
fn teams_of(event: &RequestEvent) -> (&str, Option<&str>) {
    match event {
        RequestEvent::Act(act) => {
            let team = act.owner.team.as_str();
            let left = act.left_team.as_ref().map(|left| left.as_str());
            (team, left.filter(|left| *left != team))
        }
        RequestEvent::Claimed { team, .. } | RequestEvent::Released { team, .. } => {
            (team.as_str(), None)
        }
        RequestEvent::RungRaised(raised) => (raised.team.as_str(), None),
        RequestEvent::ClaimLapsed(lapsed) => (lapsed.raised.team.as_str(), None),
        RequestEvent::ClockExtended(given) => (given.team.as_str(), None),
    }
}

/// Of whoever asks now, and of whoever answers instead while they are away.
fn agencies_of<'a>(event: &'a RequestEvent, origin: &'a Origin) -> impl Iterator<Item = &'a str> {
    let (now, cover) = match event {
        RequestEvent::Act(act) => (act.agency.as_ref(), act.cover.as_ref()),
        RequestEvent::RungRaised(raised) => (raised.agency.as_ref(), raised.cover.as_ref()),
        RequestEvent::Claimed { agency, .. } | RequestEvent::Released { agency, .. } => {
            (agency.as_ref(), None)
        }
        RequestEvent::ClaimLapsed(lapsed) => (lapsed.raised.agency.as_ref(), None),
        RequestEvent::ClockExtended(extended) => (extended.agency.as_ref(), None),
    };
    let (now, cover) = (now.map(AgencyId::as_str), cover.map(|c| c.agency.as_str()));
    let asks = now.or(origin.agency.as_deref());
    asks.into_iter()
        .chain(cover.filter(move |cover| asks != Some(*cover)))
}

/// What sets one message about an event apart from another.
#[derive(Clone, Copy)]
struct MessageHead<'a> {
    name: &'a str,
    place: Option<u32>,
}

/// UTF-8 JSON.
fn encode(told: TellableEvent<'_>, head: MessageHead<'_>) -> Result<Vec<u8>, serde_json::Error> {
    let (recorded, origin) = (told.recorded, told.origin);
    let (authority, reference) = (&*recorded.authority, origin.reference.as_str());
    let provenance = recorded.provenance.as_str();
    if head.name == STUB {
        let data = StubData {
            authority,
            request_id: recorded.stream,
            reference,
            version: recorded.version,
            recorded_at: recorded.recorded_at,
            provenance,
        };
        return serde_json::to_vec(&envelope(told, head, &data));
    }
    let data = EventData {
        authority,
        request_id: recorded.stream,
        reference,
        version: recorded.version,
        event: &recorded.event_type,
        workflow: &origin.workflow,
        workflow_version: origin.workflow_version,
        occurred_at: recorded.occurred_at,
        recorded_at: recorded.recorded_at,
        provenance,
        what: What::of(told.event),
    };
    serde_json::to_vec(&envelope(told, head, &data))
}

fn envelope<'a, D>(told: TellableEvent<'_>, head: MessageHead<'_>, data: &'a D) -> Envelope<'a, D> {
    let (recorded, epoch, name) = (told.recorded, told.epoch, head.name);
    Envelope {
        specversion: "1.0",
        id: recorded.event_id(),
        source: format!("/authorities/{}", recorded.authority),
        kind: format!("scot.rfa.{name}.v1"),
        subject: recorded.stream,
        time: recorded.occurred_at,
        datacontenttype: "application/json",
        dataschema: if name == STUB {
            STUB_SCHEMA
        } else {
            EVENT_SCHEMA
        },
        epoch: epoch.id,
        epochafter: epoch.began_after.to_string(),
        position: recorded.position.public(epoch.id),
        place: head.place,
        correlationid: recorded.correlation,
        data,
    }
}

#[cfg(test)]
mod tests;
