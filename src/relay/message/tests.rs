use super::*;
use crate::domain::ids::{
    AgencyId, DefinitionHash, EventName, MoveName, PrincipalId, Reference, RoleName, StateName,
    TeamId, WorkflowName,
};
use crate::domain::request::event::{
    Act, ActedAs, CoveredBy, HeldBy, Opening, Owner, Personal, ProposalStep,
};
use crate::log::{Position, Provenance, SealedPart, StreamKind};
use jiff::Timestamp;
use serde_json::{Map, Value, json};

const EPOCH: Epoch = Epoch {
    id: Uuid::from_u128(7),
    began_after: Position(30),
};

fn recorded(audience: Audience) -> Recorded {
    Recorded {
        position: Position(41),
        authority: "south-ayrshire".into(),
        stream: Uuid::from_u128(1),
        stream_kind: StreamKind::Request,
        version: 3,
        event_type: "request-passed-on".to_owned(),
        schema_version: 1,
        occurred_at: Timestamp::from_second(1_767_225_600).unwrap(),
        recorded_at: Timestamp::from_second(1_767_225_660).unwrap(),
        actor: "canary-actor".to_owned(),
        on_behalf_of: Some("canary-behalf".to_owned()),
        command_id: Uuid::from_u128(2),
        command_ordinal: 0,
        correlation: Uuid::from_u128(3),
        causation: None,
        definition: Some([9; 32]),
        audience,
        provenance: Provenance::Live,
        body: b"canary-body".to_vec(),
        sealed: vec![SealedPart {
            key: Uuid::from_u128(0xca),
            bytes: b"canary-sealed".to_vec(),
        }],
        unreadable: None,
    }
}

fn passed_on() -> RequestEvent {
    let text = |text: &str| {
        let mut map = Map::new();
        map.insert("canary-key".to_owned(), Value::from(text));
        map
    };
    RequestEvent::Act(Box::new(Act {
        name: EventName::parse("request-passed-on").unwrap(),
        move_name: MoveName::parse("pass-on").unwrap(),
        from: Some(StateName::parse("sent").unwrap()),
        to: StateName::parse("with-garf").unwrap(),
        owner: Owner {
            team: TeamId::parse("garf").unwrap(),
            held_by: HeldBy::Worker(PrincipalId::parse("canary-worker").unwrap()),
        },
        left_team: Some(TeamId::parse("ayr-north-team").unwrap()),
        claim: None,
        because: Some("canary-because".to_owned()),
        acted_as: ActedAs {
            role: RoleName::parse("canary-role").unwrap(),
            agency: None,
            team: None,
        },
        requester: None,
        agency: None,
        cover: None,
        plan: None,
        link: None,
        expected: None,
        worker: Some(PrincipalId::parse("canary-worker").unwrap()),
        decided_by: Some(PrincipalId::parse("canary-decider").unwrap()),
        proposal: Some(ProposalStep::Made {
            by: PrincipalId::parse("canary-proposer").unwrap(),
        }),
        by_opening: false,
        hand_over: None,
        concern: None,
        coded: text("canary-code"),
        opening: Some(Opening {
            workflow: WorkflowName::parse("request-for-assistance").unwrap(),
            version: 1,
            definition: DefinitionHash([9; 32]),
            reference: Reference::from_random(5),
            requester: PrincipalId::parse("canary-requester").unwrap(),
            agency: Some(AgencyId::parse("education").unwrap()),
            child: Uuid::from_u128(0xcb),
            received_at: Timestamp::from_second(1_767_225_000).unwrap(),
            carried_by: None,
        }),
        personal: Personal {
            child: text("canary-child"),
            request: text("canary-request"),
        },
    }))
}

fn origin() -> Origin {
    Origin {
        reference: "ABC".to_owned(),
        workflow: "request-for-assistance".to_owned(),
        workflow_version: 1,
        agency: Some("education".to_owned()),
    }
}

fn told<'a>(recorded: &'a Recorded, event: &'a RequestEvent, of: &'a Origin) -> TellableEvent<'a> {
    TellableEvent {
        recorded,
        event,
        origin: of,
        places: None,
        epoch: EPOCH,
    }
}

fn of(lane: Lane, audience: Audience) -> Vec<Message> {
    let (recorded, event, origin) = (recorded(audience), passed_on(), origin());
    messages(lane, told(&recorded, &event, &origin)).unwrap()
}

fn routes(messages: &[Message]) -> Vec<String> {
    messages.iter().map(|m| m.route.to_string()).collect()
}

fn body(message: &Message) -> Value {
    serde_json::from_slice(&message.body).unwrap()
}

#[test]
fn a_move_to_another_team_goes_to_both_teams_and_the_agency_under_one_id() {
    let messages = of(Lane::Ordinary, Audience::Ordinary);
    assert_eq!(
        routes(&messages),
        [
            "rfa.events south-ayrshire.garf.request-passed-on",
            "rfa.events south-ayrshire.ayr-north-team.request-passed-on",
            "rfa.agencies south-ayrshire.education.request-passed-on",
        ]
    );
    let id = recorded(Audience::Ordinary).event_id();
    assert!(messages.iter().all(|message| message.id == id));
    assert!(of(Lane::Restricted, Audience::Ordinary).is_empty());
}

#[test]
fn a_message_is_a_cloud_event_of_ids_and_codes() {
    let messages = of(Lane::Ordinary, Audience::Ordinary);
    let mut body = body(&messages[0]);
    let data = body["data"].take();
    assert_eq!(
        body,
        json!({
            "specversion": "1.0",
            "id": "a78b8445-b8bf-5498-9ae6-f9e2b67a9ce9",
            "source": "/authorities/south-ayrshire",
            "type": "scot.rfa.request-passed-on.v1",
            "subject": "00000000-0000-0000-0000-000000000001",
            "time": "2026-01-01T00:00:00Z",
            "datacontenttype": "application/json",
            "dataschema": "urn:rfa:message:event:1",
            "epoch": "00000000-0000-0000-0000-000000000007",
            "epochafter": "30",
            "position": "00000000000000000000000000000007-41",
            "correlationid": "00000000-0000-0000-0000-000000000003",
            "data": null,
        })
    );
    assert_eq!(
        data,
        json!({
            "authority": "south-ayrshire",
            "request_id": "00000000-0000-0000-0000-000000000001",
            "reference": "ABC",
            "version": 3,
            "event": "request-passed-on",
            "workflow": "request-for-assistance",
            "workflow_version": 1,
            "occurred_at": "2026-01-01T00:00:00Z",
            "recorded_at": "2026-01-01T00:01:00Z",
            "provenance": "live",
            "move": "pass-on",
            "from": "sent",
            "to": "with-garf",
            "team": "garf",
            "held_by": "worker",
            "left_team": "ayr-north-team",
        })
    );
}

#[test]
fn nothing_that_was_written_or_chosen_in_an_act_gets_out() {
    for lane in [Lane::Ordinary, Lane::Restricted] {
        for message in of(lane, Audience::Restricted)
            .into_iter()
            .chain(of(lane, Audience::Ordinary))
        {
            let text = format!("{} {}", message.route, body(&message));
            assert!(!text.contains("canary"), "{text}");
            for key in [0xca, 0xcb].map(Uuid::from_u128) {
                assert!(!text.contains(&key.to_string()), "{text}");
            }
        }
    }
}

#[test]
fn a_restricted_event_leaves_a_stub_of_the_same_id_and_version() {
    let full = of(Lane::Restricted, Audience::Restricted);
    assert_eq!(
        routes(&full),
        [
            "rfa.restricted south-ayrshire.garf.request-passed-on",
            "rfa.restricted south-ayrshire.ayr-north-team.request-passed-on",
        ]
    );
    assert_eq!(body(&full[0])["data"]["to"], "with-garf");
    let stubs = of(Lane::Ordinary, Audience::Restricted);
    assert_eq!(stubs.len(), 3);
    for stub in &stubs {
        assert_eq!(stub.id, full[0].id);
        let body = body(stub);
        assert_eq!(body["type"], "scot.rfa.moved-to-another-process.v1");
        assert_eq!(body["dataschema"], "urn:rfa:message:stub:1");
        assert_eq!(body["data"]["version"], 3);
        let text = body.to_string();
        for telling in ["with-garf", "pass-on", "passed-on", "sent\"", "held_by"] {
            assert!(!text.contains(telling), "{telling} in {text}");
        }
    }
}

#[test]
fn a_claim_goes_to_the_team_and_names_nobody() {
    let event = RequestEvent::Claimed {
        by: PrincipalId::parse("canary-claimer").unwrap(),
        team: TeamId::parse("garf").unwrap(),
        agency: Some(AgencyId::parse("new-school").unwrap()),
    };
    let recorded = Recorded {
        event_type: "claimed".to_owned(),
        ..recorded(Audience::Ordinary)
    };
    let origin = origin();
    let messages = messages(Lane::Ordinary, told(&recorded, &event, &origin)).unwrap();
    assert_eq!(
        routes(&messages)[0],
        "rfa.events south-ayrshire.garf.claimed"
    );
    // Whoever asks now hears of it, and not whoever asked first.
    assert_eq!(routes(&messages).len(), 2);
    assert!(
        routes(&messages)[1].contains("new-school"),
        "{:?}",
        routes(&messages)
    );
    assert!(!body(&messages[0]).to_string().contains("canary"));
}

/// A request as its messages are sent, event after event.
struct Telling {
    origin: Origin,
    places: RequestPlaces,
    version: i32,
}

impl Telling {
    fn begin() -> Self {
        Self {
            origin: origin(),
            places: RequestPlaces::default(),
            version: 0,
        }
    }

    /// Receivers with their places, of both lanes.
    fn tell(&mut self, event: &RequestEvent, audience: Audience) -> Vec<String> {
        self.version += 1;
        let recorded = Recorded {
            version: self.version,
            ..recorded(audience)
        };
        let parties = parties(event, &self.origin);
        assert!(self.places.count(&recorded, &parties));
        let told = TellableEvent {
            places: Some(&self.places),
            ..told(&recorded, event, &self.origin)
        };
        let of_lane = |lane| messages(lane, told).unwrap();
        let all = of_lane(Lane::Ordinary).into_iter();
        all.chain(of_lane(Lane::Restricted))
            .map(|message| {
                let (exchange, key) = (message.route.exchange, &message.route.routing_key);
                let code = key.split('.').nth(1).unwrap();
                format!("{exchange} {code} {}", body(&message)["place"])
            })
            .collect()
    }
}

fn moved(from: Option<&str>, to: &str) -> Act {
    let RequestEvent::Act(mut act) = passed_on() else {
        panic!("not an act");
    };
    act.owner.team = TeamId::parse(to).unwrap();
    act.left_team = from.map(|from| TeamId::parse(from).unwrap());
    *act
}

fn act(act: Act) -> RequestEvent {
    RequestEvent::Act(Box::new(act))
}

#[test]
fn a_receiver_counts_what_it_is_sent_whatever_others_are_sent_meanwhile() {
    let mut telling = Telling::begin();
    let ordinary = Audience::Ordinary;
    let team = |code: &str, place: u32| format!("rfa.events {code} {place}");
    let agency = |code: &str, place: u32| format!("rfa.agencies {code} {place}");
    let sent = telling.tell(&act(moved(None, "ayr")), ordinary);
    assert_eq!(sent, [team("ayr", 1), agency("education", 1)]);
    let away = telling.tell(&act(moved(Some("ayr"), "garf")), ordinary);
    let expected = [team("garf", 1), team("ayr", 2), agency("education", 2)];
    assert_eq!(away, expected);
    let claim = RequestEvent::Claimed {
        by: PrincipalId::parse("a-worker").unwrap(),
        team: TeamId::parse("garf").unwrap(),
        agency: None,
    };
    let claimed = telling.tell(&claim, ordinary);
    assert_eq!(claimed, [team("garf", 2), agency("education", 3)]);
    // Back again: the team that missed the claim has no gap.
    let back = telling.tell(&act(moved(Some("garf"), "ayr")), ordinary);
    let expected = [team("ayr", 3), team("garf", 3), agency("education", 4)];
    assert_eq!(back, expected);
}

#[test]
fn whoever_covers_counts_for_themselves() {
    let mut telling = Telling::begin();
    telling.tell(&act(moved(None, "education")), Audience::Ordinary);
    let mut covered = moved(None, "education");
    covered.cover = Some(CoveredBy {
        by: PrincipalId::parse("a-stand-in").unwrap(),
        agency: AgencyId::parse("police").unwrap(),
    });
    // A team and an agency of the same code are two receivers.
    assert_eq!(
        telling.tell(&act(covered), Audience::Ordinary),
        [
            "rfa.events education 2",
            "rfa.agencies education 2",
            "rfa.agencies police 1"
        ]
    );
}

#[test]
fn a_stub_has_a_place_like_any_other_and_the_restricted_queue_counts_what_it_gets() {
    let mut telling = Telling::begin();
    telling.tell(&act(moved(None, "ayr")), Audience::Ordinary);
    for (from, to, restricted) in [("ayr", "garf", 1), ("garf", "ayr", 2)] {
        let sent = telling.tell(&act(moved(Some(from), to)), Audience::Restricted);
        let both = [
            format!("rfa.restricted {to} {restricted}"),
            format!("rfa.restricted {from} {restricted}"),
        ];
        assert_eq!(sent[3..], both);
        assert_eq!(
            sent[2],
            format!("rfa.agencies education {}", restricted + 1)
        );
    }
    assert_eq!(
        telling.tell(&act(moved(None, "ayr")), Audience::Ordinary),
        ["rfa.events ayr 4", "rfa.agencies education 4"]
    );
}

#[test]
fn an_event_that_is_not_the_next_is_not_counted() {
    let mut places = RequestPlaces::default();
    let (event, origin) = (passed_on(), origin());
    let parties = parties(&event, &origin);
    // The third, and nothing is known of the first two.
    assert!(!places.count(&recorded(Audience::Ordinary), &parties));
    assert_eq!(places, RequestPlaces::default());
}
