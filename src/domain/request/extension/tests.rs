use super::*;
use crate::domain::ids::{DefinitionHash, PrincipalId, RequestId};
use crate::domain::organisation::{Covers, Organisation};
use crate::domain::request::actor::{Grant, Principal, PrincipalKind};
use crate::domain::request::clocks::ClockGround;
use crate::domain::request::codec;
use crate::domain::request::command::RequestCommand;
use crate::domain::request::decide::{Pinned, decide};
use crate::domain::request::rung::{Raised, find_ready};
use crate::domain::time::calendar::CalendarFile;
use crate::domain::workflow::parse::{parse, tests::EXAMPLE};
use jiff::Timestamp;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use uuid::Uuid;

/// A request of the example: five working days from Monday 1 June 2026, due on Monday the 8th.
struct Story {
    definition: Definition,
    calendars: Arc<Calendars>,
    events: Vec<(Timestamp, RequestEvent)>,
}

fn at(text: &str) -> Timestamp {
    format!("2026-06-{text}+01").parse().unwrap()
}

fn act(name: &str, to: &str, opening: Value) -> RequestEvent {
    let mut body = json!({
        "kind": "act", "name": name, "move": "some", "to": to,
        "owner": { "team": "north", "held_by": "team" }, "acted_as": { "role": "team" },
    });
    if !opening.is_null() {
        body["opening"] = opening;
    }
    codec::decode(name, codec::SCHEMA_VERSION, body.to_string().as_bytes()).unwrap()
}

impl Story {
    fn sent() -> Self {
        let text = EXAMPLE.replace(
            "anchor: received, ladder",
            "calendar: office, again: true, ladder",
        );
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
            events: vec![(at("01T10:00"), act("request-sent", "sent", opening))],
        }
    }

    fn then(mut self, now: &str, event: RequestEvent) -> Self {
        self.events.push((at(now), event));
        self
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

    fn ask(&self, now: &str, by: &str, role: &str) -> Result<Vec<RequestEvent>, Refusal> {
        self.ask_for(now, ["acknowledge", by, "absence"], role)
    }

    fn ask_for(
        &self,
        now: &str,
        [clock, by, reason]: [&str; 3],
        role: &str,
    ) -> Result<Vec<RequestEvent>, Refusal> {
        let facts = Facts {
            request: RequestId(Uuid::nil()),
            actor: Principal::new(
                PrincipalId::parse("k.bain").unwrap(),
                PrincipalKind::Person,
                vec![Grant::new(
                    role.parse().unwrap(),
                    Some("north".parse().unwrap()),
                    None,
                )],
            ),
            on_behalf_of: None,
            occurred_at: at(now),
            teams: Arc::default(),
            covers: Covers::new(),
            is_import: false,
            sight: crate::domain::request::command::Sight::Unopened,
            references: BTreeMap::new(),
        };
        let pinned = Pinned {
            definition: &self.definition,
            hash: DefinitionHash([7; 32]),
        };
        let asked = Extend {
            clock: clock.parse().unwrap(),
            by: by.parse().unwrap(),
            reason: reason.parse().unwrap(),
            clocks: self.clocks(),
            calendars: Arc::clone(&self.calendars),
        };
        let command = RequestCommand::Extend(Box::new(asked));
        decide(&self.state(), pinned, command, &facts)
    }

    fn extended(self, now: &str, by: &str) -> Self {
        let event = self.ask(now, by, "locality-worker").unwrap().remove(0);
        let stored = codec::encode(&event).unwrap();
        let read = codec::decode("clock-extended", codec::SCHEMA_VERSION, &stored).unwrap();
        assert_eq!(read, event);
        self.then(now, read)
    }

    fn why(&self, now: &str, by: &str) -> NotExtended {
        match self.ask(now, by, "locality-worker") {
            Err(Refusal::NotExtended { why, .. }) => why,
            other => panic!("{other:?}"),
        }
    }

    fn due(&self, now: &str) -> Option<Timestamp> {
        let clocks = self.clocks();
        let spell = &clocks.spells[0];
        let calendar = self.calendars.load(&spell.calendar).unwrap();
        spell.reading(calendar, at(now)).due_at
    }
}

#[test]
fn more_time_moves_the_due_day_and_the_rungs_and_the_stated_target_stays() {
    let story = Story::sent();
    assert_eq!(story.due("05T10:00"), Some(at("09T00:00")));
    let story = story.extended("05T10:00", "3wd");
    assert_eq!(story.due("05T10:00"), Some(at("12T00:00")));
    assert_eq!(
        story.due("05T09:59"),
        Some(at("09T00:00")),
        "as known before it was given"
    );
    let story = story.then("10T10:00", act("question-asked", "asked", Value::Null));
    let clocks = story.clocks();
    let calendar = story.calendars.load(&clocks.spells[0].calendar).unwrap();
    let reading = clocks.spells[0].reading(calendar, at("10T11:00"));
    assert_eq!(
        (reading.met, reading.met_unextended, reading.extended),
        (Some(true), Some(false), true)
    );
    assert_eq!(clocks.spells[0].target.to_string(), "5wd");
}

#[test]
fn a_rung_that_has_not_come_comes_by_the_new_target() {
    let story = Story::sent().extended("02T10:00", "3wd");
    let ready = |now: &str| {
        let on = (&*story.calendars, at(now));
        let raised = Raised::default();
        find_ready(&story.clocks(), &story.definition, &raised, on).unwrap()
    };
    // Three days before Monday the 8th was Wednesday the 3rd; before Thursday the 11th it is Monday.
    assert_eq!(ready("08T08:59"), None);
    assert_eq!(
        ready("08T09:00").unwrap().to_string(),
        "acknowledge/1/-3wd/1"
    );
}

#[test]
fn what_is_not_allowed_is_refused_with_what_is() {
    let story = Story::sent();
    let other = story.ask("02T10:00", "3wd", "named-person");
    let Err(Refusal::NotExtended { why, .. }) = other else {
        panic!("{other:?}");
    };
    let allowed = vec!["team".parse().unwrap()];
    assert_eq!(why, NotExtended::NotYours { allowed });
    let unknown = ["acknowledge", "3wd", "busy"];
    let allowed = vec!["absence".parse().unwrap()];
    assert_eq!(
        story.ask_for("02T10:00", unknown, "locality-worker"),
        Err(Refusal::UnknownReason { allowed })
    );
    for by in ["7wd", "3d", "24wh"] {
        let longest = "6wd".parse().unwrap();
        let found = by.parse().unwrap();
        let too_long = NotExtended::TooLong { found, longest };
        assert_eq!(story.why("02T10:00", by), too_long);
    }
    for clock in ["urgent", "nothing"] {
        let none = story.ask_for("02T10:00", [clock, "1wd", "absence"], "locality-worker");
        let found = clock.parse().unwrap();
        let why = NotExtended::NoRule;
        assert_eq!(none, Err(Refusal::NotExtended { found, why }));
    }
    let once = story.extended("02T10:00", "1wd");
    let too_often = NotExtended::TooOften { at_most: 1 };
    assert_eq!(once.why("02T10:01", "1wd"), too_often);
}

#[test]
fn a_target_is_extended_until_its_very_end_and_never_after() {
    let story = Story::sent();
    assert!(story.ask("09T00:00", "1wd", "locality-worker").is_ok());
    let due_at = Some(at("09T00:00"));
    assert_eq!(
        story.why("09T00:00:00.001", "1wd"),
        NotExtended::Missed { due_at }
    );
    let story = story.then("02T10:00", act("ended", "ended", Value::Null));
    assert_eq!(story.why("02T11:00", "1wd"), NotExtended::Ended);
}
