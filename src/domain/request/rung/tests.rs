use super::*;
use crate::domain::ids::{DefinitionHash, PrincipalId, RequestId};
use crate::domain::organisation::{Covers, Organisation};
use crate::domain::request::actor::{Principal, PrincipalKind};
use crate::domain::request::clocks::ClockGround;
use crate::domain::request::codec;
use crate::domain::request::command::RequestCommand;
use crate::domain::request::decide::{Pinned, decide};
use crate::domain::time::calendar::CalendarFile;
use crate::domain::workflow::parse::{parse, tests::EXAMPLE};
use serde_json::{Value, json};
use uuid::Uuid;

/// One request of the example, with the acts that it has seen.
struct Story {
    definition: Definition,
    calendars: Arc<Calendars>,
    events: Vec<(Timestamp, RequestEvent)>,
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn read(name: &str, body: &Value) -> RequestEvent {
    codec::decode(name, codec::SCHEMA_VERSION, body.to_string().as_bytes()).unwrap()
}

fn act(name: &str, to: &str, opening: Value) -> RequestEvent {
    let mut body = json!({
        "kind": "act", "name": name, "move": "some", "to": to,
        "owner": { "team": "north", "held_by": "team" }, "acted_as": { "role": "team" },
    });
    if !opening.is_null() {
        body["opening"] = opening;
    }
    read(name, &body)
}

impl Story {
    /// Sent on Monday 1 June 2026 at ten; the clock has five working days.
    fn sent() -> Self {
        let text = EXAMPLE.replace("anchor: received, ladder", "calendar: office, ladder");
        let day = json!([{ "open": "09:00:00", "close": "17:00:00" }]);
        let calendar: CalendarFile = serde_json::from_value(json!({
            "format": 1, "calendar": "office", "title": "Office", "zone": "Europe/London",
            "windows": { "monday": day, "tuesday": day, "wednesday": day, "thursday": day,
                "friday": day },
        }))
        .unwrap();
        let opening = json!({
            "workflow": "small", "version": 1, "definition": DefinitionHash([7; 32]),
            "reference": "0000-0000-0", "requester": "n.ross", "child": Uuid::nil(),
            "received_at": "2026-06-01T09:00:00Z",
        });
        Self {
            definition: parse("small/v1.yaml", &text).unwrap(),
            calendars: Arc::new(Calendars::build([calendar]).unwrap()),
            events: vec![(
                at("2026-06-01T10:00+01"),
                act("request-sent", "sent", opening),
            )],
        }
    }

    fn state(&self) -> RequestState {
        RequestState::fold(self.events.iter().map(|(_, event)| event))
    }

    fn clocks(&self) -> Clocks {
        let state = self.state();
        let opening = &state.find().unwrap().opening;
        ClockGround::of(&self.definition, &Organisation::default(), opening)
            .fold(self.events.iter().map(|(at, event)| (*at, event)))
    }

    fn decide(&self, rung: &str, now: &str) -> Result<Vec<RequestEvent>, Refusal> {
        let [clock, spell, offset, occurrence] = rung.split('/').collect::<Vec<_>>()[..] else {
            panic!("{rung}");
        };
        let raise = Raise {
            rung: RungId {
                clock: ClockName::parse(clock).unwrap(),
                spell: spell.parse().unwrap(),
                step: Step {
                    rung: offset.parse().unwrap(),
                    occurrence: occurrence.parse().unwrap(),
                },
            },
            clocks: self.clocks(),
            calendars: Arc::clone(&self.calendars),
        };
        let facts = Facts {
            request: RequestId(Uuid::nil()),
            actor: Principal::new(
                PrincipalId::parse("engine").unwrap(),
                PrincipalKind::ServiceAccount,
                Vec::new(),
            ),
            on_behalf_of: None,
            occurred_at: at(now),
            teams: Arc::default(),
            references: Default::default(),
            covers: Covers::new(),
            is_import: false,
            sight: crate::domain::request::command::Sight::Unopened,
        };
        let pinned = Pinned {
            definition: &self.definition,
            hash: DefinitionHash([7; 32]),
        };
        let command = RequestCommand::Raise(Box::new(raise));
        decide(&self.state(), pinned, command, &facts)
    }

    fn raise(&mut self, rung: &str, now: &str) -> RungRaised {
        let events = self.decide(rung, now).unwrap();
        let [RequestEvent::RungRaised(raised)] = &events[..] else {
            panic!("{events:?}");
        };
        let raised = (**raised).clone();
        self.events.extend(events.into_iter().map(|e| (at(now), e)));
        raised
    }

    fn refused(&self, rung: &str, now: &str) -> NotDue {
        match self.decide(rung, now) {
            Err(Refusal::RungNotDue { why, .. }) => why,
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn a_rung_is_raised_once_with_its_own_instant_and_whom_it_tells() {
    let mut story = Story::sent();
    // Days 1 to 5 are the 2nd to the 8th.
    let ready_at = at("2026-06-03T09:00+01");
    assert_eq!(
        story.refused("acknowledge/1/-3wd/1", "2026-06-03T08:59+01"),
        NotDue::Early { ready_at }
    );
    let raised = story.raise("acknowledge/1/-3wd/1", "2026-06-03T22:15+01");
    assert_eq!(raised.due_at, ready_at);
    assert_eq!(
        raised.not_before,
        Some(at("2026-06-04T09:00+01")),
        "not at night"
    );
    assert_eq!(
        raised.tell.iter().map(|r| r.as_str()).collect::<Vec<_>>(),
        ["team"]
    );
    assert!(!raised.missed);
    let again = story.decide("acknowledge/1/-3wd/1", "2026-06-03T22:16+01");
    assert_eq!(again, Ok(Vec::new()), "there is nothing left to do");
    let missed = story.raise("acknowledge/1/0/1", "2026-06-09T09:00+01");
    assert!(missed.missed);
}

#[test]
fn after_a_downtime_rungs_come_in_order_and_keep_their_instants() {
    let mut story = Story::sent();
    let now = "2026-07-20T12:00+01";
    assert_eq!(story.refused("acknowledge/1/0/1", now), NotDue::NotNext);
    let steps = ["-3wd/1", "0/1", "+4wd/1", "+4wd/2", "+4wd/3", "+4wd/4"];
    let due: Vec<Timestamp> = steps
        .iter()
        .map(|step| story.raise(&format!("acknowledge/1/{step}"), now).due_at)
        .collect();
    assert!(due.is_sorted(), "{due:?}");
    assert_eq!(due[1], at("2026-06-09T09:00+01"));
    assert_eq!(due[5], at("2026-07-01T09:00+01"));
    assert_eq!(story.refused("acknowledge/1/+4wd/5", now), NotDue::NoRung);
}

#[test]
fn a_paused_or_ended_clock_and_one_without_a_ladder_raise_nothing() {
    let mut story = Story::sent();
    let asked = act("question-answered", "asked", Value::Null);
    story.events.push((at("2026-06-02T12:00+01"), asked));
    let late = "2026-07-20T12:00+01";
    assert_eq!(story.refused("acknowledge/1/-3wd/1", late), NotDue::Paused);
    let ended = act("ended", "ended", Value::Null);
    story.events.push((at("2026-06-03T12:00+01"), ended));
    assert_eq!(story.refused("acknowledge/1/-3wd/1", late), NotDue::Ended);
    assert_eq!(story.refused("acknowledge/2/-3wd/1", late), NotDue::Ended);
    assert_eq!(story.refused("urgent/1/0/1", late), NotDue::NoRung);
}

#[test]
fn a_raised_rung_is_read_back_and_fields_to_come_may_be_missing() {
    let mut story = Story::sent();
    let raised = story.raise("acknowledge/1/-3wd/1", "2026-06-03T09:00+01");
    let event = RequestEvent::RungRaised(Box::new(raised));
    let bytes = codec::encode(&event).unwrap();
    insta::assert_snapshot!(String::from_utf8(bytes.clone()).unwrap(), @r#"{"kind":"rung-raised","clock":"acknowledge","spell":1,"rung":"-3wd","occurrence":1,"due_at":"2026-06-03T08:00:00Z","not_before":"2026-06-03T08:00:00Z","tell":["team"],"missed":false,"team":"north"}"#);
    assert_eq!(codec::decode("rung-raised", 1, &bytes), Ok(event));
    let least = json!({ "kind": "rung-raised", "clock": "decide", "spell": 1, "rung": "0",
        "occurrence": 1, "due_at": "2026-06-03T08:00:00Z", "team": "north" });
    read("rung-raised", &least);
}
