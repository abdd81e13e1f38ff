//! Requests made for the purpose: no rule looks at them, the relay takes what the log holds.

use super::stage::AUTHORITY;
use jiff::Timestamp;
use rfa::domain::ids::{
    AgencyId, DefinitionHash, EventName, MoveName, PrincipalId, Reference, RoleName, StateName,
    TeamId, WorkflowName,
};
use rfa::domain::request::codec;
use rfa::domain::request::event::{Act, ActedAs, HeldBy, Opening, Owner, Personal, RequestEvent};
use rfa::log::{Append, Audience, NewEvent, Provenance, SealedPart, StreamKind};
use serde_json::Value;
use uuid::Uuid;

/// What happens to one request; gives appends, one event each.
#[derive(Debug, Clone)]
pub(crate) struct Story {
    pub(crate) request: Uuid,
    pub(crate) team: &'static str,
    pub(crate) agency: Option<&'static str>,
}

impl Story {
    pub(crate) fn of(team: &'static str) -> Self {
        Self {
            request: Uuid::new_v4(),
            team,
            agency: None,
        }
    }

    pub(crate) fn asked_by(self, agency: &'static str) -> Self {
        Self {
            agency: Some(agency),
            ..self
        }
    }

    pub(crate) fn opened(&self) -> Append {
        let mut act = self.act("request-sent", "send");
        act.from = None;
        act.opening = Some(Opening {
            workflow: WorkflowName::parse("request-for-assistance").unwrap(),
            version: 1,
            definition: DefinitionHash([0; 32]),
            reference: Reference::from_random(self.request.as_u64_pair().1),
            requester: PrincipalId::parse("head-teacher").unwrap(),
            agency: self.agency.map(|agency| AgencyId::parse(agency).unwrap()),
            child: Uuid::new_v4(),
            received_at: Timestamp::UNIX_EPOCH,
            carried_by: None,
        });
        self.append(0, act, Audience::Ordinary)
    }

    pub(crate) fn noted(&self, expected_version: i32) -> Append {
        let act = self.act("note-added", "add-note");
        self.append(expected_version, act, Audience::Ordinary)
    }

    pub(crate) fn moved_to(&self, team: &str, expected_version: i32) -> Append {
        let mut act = self.act("request-passed-on", "pass-on");
        act.left_team = Some(act.owner.team);
        act.owner.team = TeamId::parse(team).unwrap();
        self.append(expected_version, act, Audience::Ordinary)
    }

    pub(crate) fn concern_passed_on(&self, team: &str, expected_version: i32) -> Append {
        let mut act = self.act("concern-passed-on", "pass-on-child-protection-concern");
        act.to = StateName::parse("with-child-protection").unwrap();
        act.left_team = Some(act.owner.team);
        act.owner.team = TeamId::parse(team).unwrap();
        self.append(expected_version, act, Audience::Restricted)
    }

    fn act(&self, name: &str, move_name: &str) -> Act {
        Act {
            name: EventName::parse(name).unwrap(),
            move_name: MoveName::parse(move_name).unwrap(),
            from: Some(StateName::parse("sent").unwrap()),
            to: StateName::parse("sent").unwrap(),
            owner: Owner {
                team: TeamId::parse(self.team).unwrap(),
                held_by: HeldBy::Team,
            },
            left_team: None,
            claim: None,
            because: None,
            acted_as: ActedAs {
                role: RoleName::parse("named-person").unwrap(),
                agency: None,
                team: None,
            },
            requester: None,
            agency: None,
            cover: None,
            plan: None,
            link: None,
            expected: None,
            worker: None,
            decided_by: None,
            proposal: None,
            by_opening: false,
            hand_over: None,
            concern: None,
            coded: serde_json::Map::from_iter([("why".to_owned(), Value::from("canary-code"))]),
            opening: None,
            personal: Personal::default(),
        }
    }

    fn append(&self, expected_version: i32, act: Act, audience: Audience) -> Append {
        let event = RequestEvent::Act(Box::new(act));
        Append {
            authority: AUTHORITY.to_owned(),
            stream: self.request,
            stream_kind: StreamKind::Request,
            expected_version,
            command_id: Uuid::new_v4(),
            fingerprint: [0; 16],
            actor: "head-teacher".to_owned(),
            on_behalf_of: None,
            correlation: Uuid::new_v4(),
            causation: None,
            definition: Some([0; 32]),
            provenance: Provenance::Live,
            events: vec![NewEvent {
                event_type: event.name().to_owned(),
                schema_version: codec::SCHEMA_VERSION,
                occurred_at: Timestamp::UNIX_EPOCH,
                audience,
                body: codec::encode(&event).unwrap(),
                sealed: vec![SealedPart {
                    key: SEALED_KEY,
                    bytes: SEALED_BYTES.to_vec(),
                }],
            }],
            keys: None,
        }
    }
}

pub(crate) const SEALED_KEY: Uuid = Uuid::from_u128(0xca9a_5ea1_ed00);
pub(crate) const SEALED_BYTES: &[u8] = b"canary-sealed";
