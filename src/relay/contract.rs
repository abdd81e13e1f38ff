//! What stands in a message, as receivers may rely on it: the types that are sent are the types that
//! the published JSON Schemas are made from.
//!
//! Within version 1 a member may be added; none is taken away, renamed or given another meaning.
//! Receivers ignore what they do not know.

use crate::domain::ids::{ClockName, MoveName, RoleName, StateName, TeamId};
use crate::domain::request::event::{HeldBy, RequestEvent, RungRaised};
use jiff::Timestamp;
use schemars::{JsonSchema, schema_for};
use serde::Serialize;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use uuid::Uuid;

const ENVELOPE_SCHEMA: &str = "urn:rfa:message:envelope:1";
/// Of the data of an ordinary message.
pub const EVENT_SCHEMA: &str = "urn:rfa:message:event:1";
/// Of the data of what stands for an event that is not told there.
pub const STUB_SCHEMA: &str = "urn:rfa:message:stub:1";

/// A CloudEvents 1.0 envelope in structured mode.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Envelope<'a, D> {
    #[schemars(extend("const" = "1.0"))]
    pub specversion: &'static str,
    /// Of the event: every copy, and every message that is sent again, carries the same.
    pub id: Uuid,
    /// `/authorities/{authority}`
    pub source: String,
    /// `scot.rfa.{event}.v1`
    #[serde(rename = "type")]
    #[schemars(regex(pattern = r"^scot\.rfa\.[a-z0-9-]+\.v1$"))]
    pub kind: String,
    /// Id of the request.
    pub subject: Uuid,
    /// When it happened.
    pub time: Timestamp,
    #[schemars(extend("const" = "application/json"))]
    pub datacontenttype: &'static str,
    pub dataschema: &'static str,
    /// Changed by a restore of the log: positions of two epochs are not comparable.
    pub epoch: Uuid,
    /// What an earlier epoch told from beyond this position is lost, and told anew if it was sent
    /// again.
    pub epochafter: String,
    /// `{epoch}-{number}`; give it as `min_position` to read what includes this event.
    pub position: String,
    /// Place of the message among those about its request to this receiver: 1, 2, 3, without gaps. In
    /// every message of a queue, where they may arrive in another order; whoever waits for the one before has them in
    /// order, and a place that was taken already is a copy. Webhooks say none: they come in order.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1))]
    pub place: Option<u32>,
    pub correlationid: Uuid,
    pub data: &'a D,
}

/// What happened to a request: ids and codes only. Whoever wants more fetches it with their own rights.
#[derive(Debug, Serialize, JsonSchema)]
pub struct EventData<'a> {
    pub authority: &'a str,
    pub request_id: Uuid,
    /// For people, by phone.
    pub reference: &'a str,
    /// Rises by one with each event of a request, over all receivers together: one receiver may see
    /// gaps. The order of what it is sent is the `place` of the envelope.
    #[schemars(range(min = 1))]
    pub version: i32,
    pub event: &'a str,
    pub workflow: &'a str,
    #[schemars(range(min = 1))]
    pub workflow_version: u32,
    pub occurred_at: Timestamp,
    pub recorded_at: Timestamp,
    /// `live`, `imported` or `synthetic`
    pub provenance: &'static str,
    #[serde(flatten)]
    pub what: What<'a>,
}

/// An event that is told elsewhere, to those who may know: that there is a version, and no more.
#[derive(Debug, Serialize, JsonSchema)]
pub struct StubData<'a> {
    pub authority: &'a str,
    pub request_id: Uuid,
    /// For people, by phone.
    pub reference: &'a str,
    #[schemars(range(min = 1))]
    pub version: i32,
    pub recorded_at: Timestamp,
    /// `live`, `imported` or `synthetic`
    pub provenance: &'static str,
}

#[derive(Debug, Serialize, JsonSchema)]
#[serde(untagged)]
pub enum What<'a> {
    /// Somebody made a move.
    Act {
        #[serde(rename = "move")]
        name: &'a MoveName,
        /// Null where the move opened the request.
        from: Option<&'a StateName>,
        to: &'a StateName,
        /// Which holds the request now.
        team: &'a TeamId,
        held_by: Holder,
        /// The team that it was taken from.
        left_team: Option<&'a TeamId>,
    },
    /// A step of a ladder, or the end of a claim, that time brought.
    Rung {
        clock: &'a ClockName,
        /// Which run of the clock, from 1.
        #[schemars(range(min = 1))]
        spell: u32,
        /// Where on the ladder: `-2wd`, `0`, `+5wd`.
        rung: String,
        /// Which time, from 1, of a rung that comes again.
        occurrence: u32,
        /// The instant of the rung itself, however late it was raised.
        due_at: Timestamp,
        /// Quiet hours: nobody needs to be told before.
        #[serde(skip_serializing_if = "Option::is_none")]
        not_before: Option<Timestamp>,
        /// Roles to tell.
        tell: &'a [RoleName],
        /// The target is missed.
        missed: bool,
        team: &'a TeamId,
    },
    /// A target was given more time.
    Extension {
        clock: &'a ClockName,
        #[schemars(range(min = 1))]
        spell: u32,
        /// As in `5wd`, `16wh`, `15min`, `10d`.
        by: String,
        team: &'a TeamId,
    },
    /// Somebody of the team took the request to work on it, or gave it back.
    Claim { team: &'a TeamId },
}

/// Who holds a request, without saying which person.
#[derive(Debug, Clone, Copy, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Holder {
    Team,
    Worker,
    Requester,
}

impl<'a> What<'a> {
    pub(super) fn of(event: &'a RequestEvent) -> Self {
        match event {
            RequestEvent::Act(act) => Self::Act {
                name: &act.move_name,
                from: act.from.as_ref(),
                to: &act.to,
                team: &act.owner.team,
                held_by: match act.owner.held_by {
                    HeldBy::Team => Holder::Team,
                    HeldBy::Worker(_) => Holder::Worker,
                    HeldBy::Requester(_) => Holder::Requester,
                },
                left_team: act.left_team.as_ref(),
            },
            RequestEvent::Claimed { team, .. } | RequestEvent::Released { team, .. } => {
                Self::Claim { team }
            }
            RequestEvent::RungRaised(raised) => Self::rung(raised),
            RequestEvent::ClaimLapsed(lapsed) => Self::rung(&lapsed.raised),
            RequestEvent::ClockExtended(given) => Self::Extension {
                clock: &given.clock,
                spell: given.spell,
                by: given.by.to_string(),
                team: &given.team,
            },
        }
    }

    fn rung(raised: &'a RungRaised) -> Self {
        Self::Rung {
            clock: &raised.rung.clock,
            spell: raised.rung.spell,
            rung: raised.rung.step.rung.to_string(),
            occurrence: raised.rung.step.occurrence,
            due_at: raised.due_at,
            not_before: raised.not_before,
            tell: &raised.tell,
            missed: raised.missed,
            team: &raised.team,
        }
    }
}

/// Every schema of version 1, by its name in addresses and files: the envelope, and what a message
/// calls its `dataschema`.
#[must_use]
pub fn schemas() -> BTreeMap<&'static str, Value> {
    let of = |title: &str, id: &str, schema: schemars::Schema| {
        let mut schema = schema.to_value();
        schema["$id"] = json!(id);
        schema["title"] = json!(title);
        schema
    };
    BTreeMap::from([
        (
            "envelope-1",
            of(
                "Envelope",
                ENVELOPE_SCHEMA,
                schema_for!(Envelope<'_, Value>),
            ),
        ),
        (
            "event-1",
            of(
                "Event of a request",
                EVENT_SCHEMA,
                schema_for!(EventData<'_>),
            ),
        ),
        (
            "stub-1",
            of("Told elsewhere", STUB_SCHEMA, schema_for!(StubData<'_>)),
        ),
    ])
}
