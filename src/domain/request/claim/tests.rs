use crate::domain::ids::{
    ClockName, DefinitionHash, MoveName, PrincipalId, ReasonCode, Reference, RequestId, TeamId,
};
use crate::domain::organisation::{Covers, Organisation};
use crate::domain::request::actor::{Grant, Principal, PrincipalKind};
use crate::domain::request::clocks::ClockGround;
use crate::domain::request::codec;
use crate::domain::request::command::{Asked, Facts, OpeningFacts, RequestCommand, Routed, Sight};
use crate::domain::request::decide::{Pinned, decide};
use crate::domain::request::error::{NotDue, Refusal};
use crate::domain::request::event::{Personal, RequestEvent};
use crate::domain::request::rung::{Raise, RungId, find_ready};
use crate::domain::request::state::{Request, RequestState};
use crate::domain::time::calendar::{CalendarFile, Calendars};
use crate::domain::time::clock::{Clocks, Spell};
use crate::domain::workflow::Definition;
use crate::domain::workflow::parse::{parse, tests::EXAMPLE};
use jiff::Timestamp;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;
use uuid::Uuid;

/// One request of the example in an office that is open from nine to five, and all that happened.
struct Story {
    definition: Definition,
    organisation: Organisation,
    calendars: Arc<Calendars>,
    events: Vec<(Timestamp, RequestEvent)>,
}

/// Of June 2026, in summer time.
fn at(text: &str) -> Timestamp {
    format!("2026-06-{text}+01").parse().unwrap()
}

fn person(id: &str, role: &str, team: Option<&str>) -> Principal {
    Principal::new(
        PrincipalId::parse(id).unwrap(),
        PrincipalKind::Person,
        vec![Grant::new(
            role.parse().unwrap(),
            team.map(|team| team.parse().unwrap()),
            None,
        )],
    )
}

fn ross() -> Principal {
    person("n.ross", "named-person", None)
}

fn bain() -> Principal {
    person("k.bain", "locality-worker", Some("north"))
}

fn orr() -> Principal {
    person("k.orr", "locality-worker", Some("north"))
}

fn lead() -> Principal {
    person("t.lead", "team-lead", Some("north"))
}

fn claim(reason: Option<&str>) -> RequestCommand {
    RequestCommand::Claim {
        reason: reason.map(|code| ReasonCode::parse(code).unwrap()),
    }
}

fn release(reason: Option<&str>) -> RequestCommand {
    RequestCommand::Release {
        reason: reason.map(|code| ReasonCode::parse(code).unwrap()),
    }
}

fn acts(name: &str, coded: Value, opens: bool) -> RequestCommand {
    let opening = opens.then(|| OpeningFacts {
        reference: Reference::from_random(7),
        child: Uuid::nil(),
        routed: Routed {
            team: TeamId::parse("north").unwrap(),
            because: "Nearest".to_owned(),
        },
    });
    let Value::Object(coded) = coded else {
        return acts(name, json!({}), opens);
    };
    RequestCommand::Act {
        asked: vec![Asked {
            move_name: MoveName::parse(name).unwrap(),
            coded,
            personal: Personal::default(),
            agency: None,
        }],
        opening,
    }
}

fn act(name: &str) -> RequestCommand {
    acts(name, Value::Object(Map::new()), false)
}

impl Story {
    /// Sent on Monday 1 June 2026 at nine.
    fn sent() -> Self {
        let text = EXAMPLE
            .replace(
                "  holder: {",
                "  lead: { title: Lead, any_of: [team-lead] }\n  holder: {",
            )
            .replace("take_over: { by: [team]", "take_over: { by: [lead]");
        let day = json!([{ "open": "09:00:00", "close": "17:00:00" }]);
        let calendar: CalendarFile = serde_json::from_value(json!({
            "format": 1, "calendar": "default", "title": "Office", "zone": "Europe/London",
            "windows": { "monday": day, "tuesday": day, "wednesday": day, "thursday": day,
                "friday": day },
        }))
        .unwrap();
        let organisation = Organisation::default();
        let usual = organisation.calendar_of_team(&TeamId::parse("north").unwrap());
        let calendar = CalendarFile {
            calendar: usual,
            ..calendar
        };
        let mut story = Self {
            definition: parse("small/v1.yaml", &text).unwrap(),
            organisation,
            calendars: Arc::new(Calendars::build([calendar]).unwrap()),
            events: Vec::new(),
        };
        story.done("01T09:00", ross(), acts("send", json!({}), true));
        story
    }

    fn claimed() -> Self {
        let mut story = Self::sent();
        story.done("01T09:00", bain(), claim(None));
        story
    }

    fn state(&self) -> RequestState {
        RequestState::fold(self.events.iter().map(|(_, event)| event))
    }

    fn request(&self) -> Request {
        self.state().find().unwrap().clone()
    }

    fn holder(&self) -> Option<String> {
        self.request().claimed_by.map(|id| id.to_string())
    }

    fn clocks(&self) -> Clocks {
        let Some(request) = self.state().find().cloned() else {
            return Clocks::default();
        };
        ClockGround::of(&self.definition, &self.organisation, &request.opening)
            .fold(self.events.iter().map(|(at, event)| (*at, event)))
    }

    fn lease(&self) -> Option<Spell> {
        self.clocks().lease.find().cloned()
    }

    fn until(&self, now: &str) -> Option<Timestamp> {
        let lease = self.lease()?;
        let calendar = self.calendars.load(&lease.calendar).unwrap();
        lease.reading(calendar, at(now)).due_at
    }

    fn decide(
        &self,
        now: &str,
        actor: Principal,
        command: RequestCommand,
    ) -> Result<Vec<RequestEvent>, Refusal> {
        let facts = Facts {
            request: RequestId(Uuid::nil()),
            actor,
            on_behalf_of: None,
            occurred_at: at(now),
            teams: Arc::new(["north", "south"].map(|t| TeamId::parse(t).unwrap()).into()),
            covers: Covers::new(),
            is_import: false,
            sight: Sight::Unopened,
            references: BTreeMap::new(),
        };
        let pinned = Pinned {
            definition: &self.definition,
            hash: DefinitionHash([7; 32]),
        };
        decide(&self.state(), pinned, command, &facts)
    }

    fn done(&mut self, now: &str, actor: Principal, command: RequestCommand) {
        let events = self.decide(now, actor, command).unwrap();
        for event in events {
            // As it is stored and read again.
            let stored = codec::encode(&event).unwrap();
            let read = codec::decode(event.name(), codec::SCHEMA_VERSION, &stored).unwrap();
            assert_eq!(read, event);
            self.events.push((at(now), read));
        }
    }

    fn raise(&self, rung: RungId) -> RequestCommand {
        RequestCommand::Raise(Box::new(Raise {
            rung,
            clocks: self.clocks(),
            calendars: Arc::clone(&self.calendars),
        }))
    }

    /// Raises what is due of the lease; the steps by name.
    fn wait(&mut self, now: &str) -> Vec<String> {
        let mut raised = Vec::new();
        let of_lease = |clocks: Clocks| Clocks {
            lease: clocks.lease,
            ..Clocks::default()
        };
        let on = Arc::clone(&self.calendars);
        while let Some(rung) = find_ready(
            &of_lease(self.clocks()),
            &self.definition,
            &self.request().raised,
            (&on, at(now)),
        )
        .unwrap()
        {
            let command = self.raise(rung.clone());
            self.done(now, Principal::engine(), command);
            raised.push(rung.to_string());
        }
        raised
    }
}

fn lapse_of(spell: u32) -> RungId {
    serde_json::from_value(json!({
        "clock": ClockName::CLAIM, "spell": spell, "rung": "0", "occurrence": 1
    }))
    .unwrap()
}

#[test]
fn a_lease_counts_the_working_time_of_the_team_and_lapses_after_a_warning() {
    let mut story = Story::claimed();
    assert_eq!(story.until("01T10:00"), Some(at("02T17:00")));
    assert_eq!(story.wait("02T12:59"), Vec::<String>::new());
    assert_eq!(story.wait("02T13:00"), ["claim/1/-4wh/1"]);
    assert_eq!(
        story.wait("02T17:00"),
        Vec::<String>::new(),
        "at the end it is not over"
    );
    assert_eq!(story.holder(), Some("k.bain".to_owned()));
    assert_eq!(story.wait("02T17:01"), ["claim/1/0/1"]);
    assert_eq!(story.holder(), None);
    assert_eq!(story.lease(), None);
    let Some((_, RequestEvent::ClaimLapsed(lapsed))) = story.events.last() else {
        panic!("{:?}", story.events.last());
    };
    assert_eq!(lapsed.claimed_by, bain().id);
    assert_eq!(lapsed.raised.due_at, at("02T17:00"));
    assert_eq!(lapsed.raised.tell.len(), 1);
    assert!(!lapsed.raised.missed);
}

#[test]
fn a_lapse_is_neither_early_nor_twice_nor_of_another_claim() {
    let mut story = Story::claimed();
    let early = story.decide("02T17:00", Principal::engine(), story.raise(lapse_of(1)));
    let Err(Refusal::RungNotDue { why, .. }) = early else {
        panic!("{early:?}");
    };
    assert_eq!(why, NotDue::NotNext, "the warning comes first");
    story.wait("02T14:00");
    let early = story.decide("02T17:00", Principal::engine(), story.raise(lapse_of(1)));
    assert!(matches!(
        early,
        Err(Refusal::RungNotDue {
            why: NotDue::Early { .. },
            ..
        })
    ));
    story.wait("03T09:00");
    let again = story.decide("03T09:00", Principal::engine(), story.raise(lapse_of(1)));
    assert_eq!(again, Ok(Vec::new()));
    story.done("03T09:00", orr(), claim(None));
    let of_before = story.decide("05T16:00", Principal::engine(), story.raise(lapse_of(1)));
    assert_eq!(of_before, Ok(Vec::new()));
    assert_eq!(story.holder(), Some("k.orr".to_owned()));
}

#[test]
fn an_act_of_the_holder_renews_the_claim_and_one_of_a_colleague_does_not() {
    let mut story = Story::claimed();
    story.wait("02T14:00");
    story.done("02T15:00", orr(), act("answered-by"));
    assert_eq!(story.until("02T15:00"), Some(at("02T17:00")));
    story.done("02T16:00", bain(), act("answered-by"));
    assert_eq!(story.until("02T16:00"), Some(at("04T16:00")));
    assert_eq!(story.wait("04T11:59"), Vec::<String>::new());
    assert_eq!(
        story.wait("04T12:00"),
        ["claim/2/-4wh/1"],
        "a warning for the new lease"
    );
}

#[test]
fn a_lease_stands_still_while_a_question_is_out() {
    let mut story = Story::claimed();
    story.done("02T16:00", bain(), act("ask"));
    assert_eq!(story.until("02T16:00"), None);
    assert_eq!(story.wait("12T12:00"), Vec::<String>::new());
    // Claimed while the question is out: no time goes by either.
    story.done("12T12:00", bain(), release(None));
    story.done("12T12:00", orr(), claim(None));
    assert_eq!(story.until("12T12:00"), None);
    story.done("15T09:00", ross(), act("answer"));
    assert_eq!(story.until("15T09:00"), Some(at("16T17:00")));
}

#[test]
fn a_lapse_touches_no_clock_of_the_request_and_a_late_act_is_good() {
    let mut story = Story::claimed();
    let before = story.clocks().spells;
    story.wait("05T12:00");
    assert_eq!(story.holder(), None);
    assert_eq!(story.clocks().spells, before);
    story.done("05T12:01", bain(), act("ask"));
    assert_eq!(story.request().state.as_str(), "asked");
    assert_eq!(story.holder(), None, "an act is no claim");
}

#[test]
fn whoever_loses_a_race_is_told_who_has_it_and_what_would_be_needed() {
    let story = Story::claimed();
    let by_other = |reasons: &[&str]| {
        Err(Refusal::ClaimedByOther {
            holder: bain().id,
            reasons: reasons
                .iter()
                .map(|code| ReasonCode::parse(code).unwrap())
                .collect(),
        })
    };
    assert_eq!(story.decide("01T09:01", orr(), claim(None)), by_other(&[]));
    assert_eq!(
        story.decide("01T09:01", orr(), claim(Some("away"))),
        by_other(&[])
    );
    assert_eq!(
        story.decide("01T09:01", lead(), claim(None)),
        by_other(&["away"])
    );
    assert_eq!(
        story.decide("01T09:01", lead(), release(None)),
        by_other(&["away"])
    );
    let unknown = story.decide("01T09:01", lead(), claim(Some("bored")));
    let allowed = vec![ReasonCode::parse("away").unwrap()];
    assert_eq!(unknown, Err(Refusal::UnknownReason { allowed }));
}

#[test]
fn whoever_may_takes_a_claim_over_or_gives_it_back_with_a_reason() {
    let mut story = Story::claimed();
    story.done("02T10:00", lead(), claim(Some("away")));
    assert_eq!(story.holder(), Some("t.lead".to_owned()));
    assert_eq!(
        story.until("02T10:00"),
        Some(at("04T10:00")),
        "a lease of its own"
    );
    let ended = story.events.iter().find_map(|(_, event)| match event {
        RequestEvent::Released {
            claimed_by, reason, ..
        } => Some((claimed_by.clone(), reason.clone())),
        RequestEvent::Act(_)
        | RequestEvent::Claimed { .. }
        | RequestEvent::RungRaised(_)
        | RequestEvent::ClaimLapsed(_)
        | RequestEvent::ClockExtended(_) => None,
    });
    assert_eq!(ended, Some((bain().id, ReasonCode::parse("away").ok())));
    story.done("02T11:00", lead(), release(None));
    story.done("02T11:00", bain(), claim(None));
    story.done("02T12:00", lead(), release(Some("away")));
    assert_eq!(story.holder(), None);
    assert_eq!(story.lease(), None);
}

#[test]
fn the_end_and_another_team_drop_the_claim() {
    let mut ended = Story::claimed();
    ended.done("01T10:00", bain(), act("end"));
    assert_eq!((ended.holder(), ended.lease()), (None, None));
    let refused = ended.decide("01T10:00", bain(), claim(None));
    assert!(matches!(refused, Err(Refusal::Ended { .. })));

    let mut passed_on = Story::claimed();
    let text = json!({ "team": "south" });
    passed_on.definition.states["ended"].ends = false;
    passed_on.done("01T10:00", bain(), acts("end", text, false));
    assert_eq!((passed_on.holder(), passed_on.lease()), (None, None));
    assert_eq!(passed_on.wait("30T10:00"), Vec::<String>::new());
}
