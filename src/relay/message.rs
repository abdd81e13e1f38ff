//! The public contract: what a receiver may rely on. CloudEvents 1.0, structured, with ids and
//! codes only; whoever wants more fetches it with rights of their own.
//!
//! A stored event is private; this small function says what of it is public. Every message for one
//! event carries the same id, whichever queue it goes to.

use crate::domain::request::event::{HeldBy, RequestEvent};
use crate::log::{Audience, Position, Recorded};
use serde_json::{Value, json};
use uuid::Uuid;

/// Which of the two streams of messages; each has an exchange and a cursor of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Lane {
    Ordinary,
    /// Child protection concerns, in full.
    Restricted,
}

pub const EVENTS_EXCHANGE: &str = "rfa.events";
/// Copies for the agency that asked. An exchange of its own, so that a team and an agency of the
/// same code never read each other's messages.
pub const AGENCIES_EXCHANGE: &str = "rfa.agencies";
pub const RESTRICTED_EXCHANGE: &str = "rfa.restricted";

/// What stands on the ordinary exchange for a restricted event.
const STUB: &str = "moved-to-another-process";

#[derive(Debug, Clone, PartialEq)]
pub struct Message {
    pub exchange: &'static str,
    pub routing_key: String,
    pub id: Uuid,
    pub body: Value,
}

/// What the opening act said, and later messages need.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    pub reference: String,
    pub workflow: String,
    pub workflow_version: u32,
    /// Absent where the agency has no queue.
    pub agency: Option<String>,
    /// Team before this event, for acts that do not say.
    pub team: String,
}

/// The messages of one event on one lane, in the order in which they are sent.
#[must_use]
pub fn messages(
    lane: Lane,
    recorded: &Recorded,
    event: &RequestEvent,
    origin: &Origin,
    epoch: Uuid,
) -> Vec<Message> {
    let is_restricted = recorded.audience == Audience::Restricted;
    let (exchange, name, data) = match (lane, is_restricted) {
        (Lane::Restricted, false) => return Vec::new(),
        (Lane::Restricted, true) => (
            RESTRICTED_EXCHANGE,
            recorded.event_type.as_str(),
            data_of(recorded, event, origin),
        ),
        (Lane::Ordinary, false) => (
            EVENTS_EXCHANGE,
            recorded.event_type.as_str(),
            data_of(recorded, event, origin),
        ),
        (Lane::Ordinary, true) => (EVENTS_EXCHANGE, STUB, stub_of(recorded, origin)),
    };
    let body = envelope(recorded, name, data, epoch);
    let message = |exchange, to: &str| Message {
        exchange,
        routing_key: format!("{}.{to}.{name}", recorded.authority),
        id: recorded.event_id(),
        body: body.clone(),
    };
    let (team, left) = teams_of(event, origin);
    let mut messages = vec![message(exchange, &team)];
    messages.extend(left.map(|left| message(exchange, &left)));
    if lane == Lane::Ordinary
        && let Some(agency) = &origin.agency
    {
        messages.push(message(AGENCIES_EXCHANGE, agency));
    }
    messages
}

/// Owner after the event, and the team that it was taken from.
fn teams_of(event: &RequestEvent, origin: &Origin) -> (String, Option<String>) {
    match event {
        RequestEvent::Act(act) => (
            act.owner.team.to_string(),
            act.left_team.as_ref().map(ToString::to_string),
        ),
        RequestEvent::Claimed { team, .. } | RequestEvent::Released { team, .. } => (
            if team.as_str().is_empty() {
                origin.team.clone()
            } else {
                team.to_string()
            },
            None,
        ),
    }
}

fn envelope(recorded: &Recorded, name: &str, data: Value, epoch: Uuid) -> Value {
    json!({
        "specversion": "1.0",
        "id": recorded.event_id(),
        "source": format!("/authorities/{}", recorded.authority),
        "type": format!("scot.rfa.{name}.v1"),
        "subject": recorded.stream,
        "time": recorded.occurred_at,
        "datacontenttype": "application/json",
        "position": public_position(epoch, recorded.position),
        "correlationid": recorded.correlation,
        "data": data,
    })
}

/// A position that is not mistaken for one of another history of the log.
#[must_use]
pub fn public_position(epoch: Uuid, position: Position) -> String {
    format!("{}-{position}", epoch.simple())
}

fn data_of(recorded: &Recorded, event: &RequestEvent, origin: &Origin) -> Value {
    let mut data = json!({
        "authority": recorded.authority,
        "request_id": recorded.stream,
        "reference": origin.reference,
        "version": recorded.version,
        "workflow": origin.workflow,
        "workflow_version": origin.workflow_version,
        "occurred_at": recorded.occurred_at,
        "recorded_at": recorded.recorded_at,
        "provenance": recorded.provenance.as_str(),
    });
    let more = match event {
        RequestEvent::Act(act) => json!({
            "move": act.move_name,
            "from": act.from,
            "to": act.to,
            "team": act.owner.team,
            "held_by": match act.owner.held_by {
                HeldBy::Team => "team",
                HeldBy::Worker(_) => "worker",
                HeldBy::Requester(_) => "requester",
            },
            "left_team": act.left_team,
        }),
        RequestEvent::Claimed { team, .. } | RequestEvent::Released { team, .. } => {
            json!({ "team": team })
        }
    };
    if let (Some(data), Value::Object(more)) = (data.as_object_mut(), more) {
        data.extend(more);
    }
    data
}

/// Says that there is a version, and nothing about it.
fn stub_of(recorded: &Recorded, origin: &Origin) -> Value {
    json!({
        "authority": recorded.authority,
        "request_id": recorded.stream,
        "reference": origin.reference,
        "version": recorded.version,
        "recorded_at": recorded.recorded_at,
        "provenance": recorded.provenance.as_str(),
    })
}
