//! Given a history, when a command, then events or a refusal. The workflow is made up here: no
//! state of a shipped one is known to the rules.

use super::actor::{Grant, Principal, PrincipalKind};
use super::codec;
use super::command::{Asked, Facts, OpeningFacts, RequestCommand, Routed, Sight};
use super::decide::{Pinned, decide};
use super::entitle::{Who, moves_open_to};
use super::error::Refusal;
use super::event::{HeldBy, Personal, RequestEvent};
use super::state::RequestState;
use crate::domain::ids::{
    AgencyId, DefinitionHash, MoveName, PrincipalId, Reference, RequestId, RoleName, TeamId,
};
use crate::domain::organisation::Covers;
use crate::domain::workflow::Definition;
use jiff::Timestamp;
use serde_json::{Map, Value, json};
use std::sync::Arc;
use uuid::Uuid;

fn definition() -> Definition {
    serde_json::from_value(json!({
        "format": 1, "workflow": "loan", "version": 1, "title": "A loan of a tool",
        "roles": {
            "neighbour": { "title": "Neighbour", "any_of": ["neighbour"], "of": "anywhere" },
            "asker": { "title": "Asker", "relation": "requester" },
            "keeper": { "title": "Keeper", "any_of": ["keeper"], "of": "owner" },
            "decider": { "title": "Decider", "relation": "decider" }
        },
        "states": {
            "asked": { "title": "Asked", "meaning": "In the shed's queue" },
            "question": { "title": "Question", "meaning": "Waits", "held_by": "requester" },
            "agreed": { "title": "Agreed", "meaning": "Yes", "held_by": "worker" },
            "refused": { "title": "Refused", "meaning": "No", "ends": true }
        },
        "moves": {
            "request": { "title": "Ask", "opens": true, "by": ["neighbour"],
                "paths": [{ "from": "start", "to": { "state": "asked" } }],
                "emits": "requested", "data": {}, "owner": "routed" },
            "query": { "title": "Query", "by": ["keeper"],
                "paths": [{ "from": { "of": ["asked"] }, "to": { "state": "question" } }],
                "emits": "queried", "data": {},
                "guard": { "asks": "!claim.held || request.kind != \"saw\"",
                    "because": "Whoever holds the claim asks about saws" } },
            "agree": { "title": "Agree", "by": ["keeper"], "not_by": ["decider"],
                "decision": true, "worker": "handed_by",
                "paths": [{ "from": { "of": ["asked", "refused"] }, "to": { "state": "agreed" } }],
                "emits": "agreed", "data": {} },
            "refuse": { "title": "Refuse", "by": ["keeper"], "decision": true,
                "paths": [
                    { "from": "any", "when": "data.why == \"broken\"", "to": { "state": "refused" } },
                    { "from": { "of": ["asked"] }, "to": "same" }],
                "emits": "refused", "data": {} },
            "hand-on": { "title": "Hand on", "by": ["keeper"],
                "paths": [{ "from": "any", "to": { "state": "asked" } }],
                "emits": "handed-on", "data": {}, "owner": { "from": "shed" } }
        },
        "routing": [{ "team": { "team": "east-shed" }, "because": "Nearest" }]
    }))
    .unwrap()
}

fn person(id: &str, role: &str, team: Option<&str>) -> Principal {
    Principal::new(
        PrincipalId::parse(id).unwrap(),
        PrincipalKind::Person,
        vec![Grant::new(
            RoleName::parse(role).unwrap(),
            team.map(|t| TeamId::parse(t).unwrap()),
            Some(AgencyId::parse("street").unwrap()),
        )],
    )
}

fn neighbour() -> Principal {
    person("n.ross", "neighbour", None)
}

fn keeper() -> Principal {
    person("k.bain", "keeper", Some("east-shed"))
}

fn facts(actor: Principal) -> Facts {
    let teams = ["east-shed", "west-shed"].map(|t| TeamId::parse(t).unwrap());
    Facts {
        request: RequestId(Uuid::nil()),
        actor,
        on_behalf_of: None,
        occurred_at: "2026-06-01T09:00:00Z".parse::<Timestamp>().unwrap(),
        teams: Arc::new(teams.into()),
        references: Default::default(),
        covers: Covers::new(),
        is_import: false,
        sight: Sight::Unopened,
    }
}

fn asks(moves: &[(&str, Value)]) -> RequestCommand {
    let asked = |(name, data): &(&str, Value)| Asked {
        move_name: MoveName::parse(name).unwrap(),
        coded: data.as_object().cloned().unwrap(),
        personal: Personal::default(),
        agency: None,
    };
    let opens = moves[0].0 == "request";
    RequestCommand::Act {
        asked: moves.iter().map(asked).collect(),
        opening: opens.then(|| OpeningFacts {
            reference: Reference::from_random(7),
            child: Uuid::nil(),
            routed: Routed {
                team: TeamId::parse("east-shed").unwrap(),
                because: "Nearest".to_owned(),
            },
        }),
    }
}

struct History(RequestState);

impl History {
    fn empty() -> Self {
        Self(RequestState::Absent)
    }

    fn asked() -> Self {
        Self::empty().then(neighbour(), "request", json!({}))
    }

    fn then(mut self, actor: Principal, name: &str, data: Value) -> Self {
        for event in self.when(facts(actor), asks(&[(name, data)])).unwrap() {
            self.0.evolve(&event);
        }
        self
    }

    fn when(&self, facts: Facts, command: RequestCommand) -> Result<Vec<RequestEvent>, Refusal> {
        let definition = definition();
        let pinned = Pinned {
            definition: &definition,
            hash: DefinitionHash([1; 32]),
        };
        decide(&self.0, pinned, command, &facts)
    }

    fn refusal(&self, actor: Principal, name: &str) -> Refusal {
        self.when(facts(actor), asks(&[(name, json!({}))]))
            .unwrap_err()
    }
}

#[test]
fn the_opening_act_pins_the_definition_and_names_the_owner_and_why() {
    let events = History::empty()
        .when(facts(neighbour()), asks(&[("request", json!({}))]))
        .unwrap();
    let state = RequestState::fold(&events);
    let request = state.find().unwrap();
    assert_eq!(request.opening.definition, DefinitionHash([1; 32]));
    assert_eq!(request.owner.team.as_str(), "east-shed");
    let RequestEvent::Act(act) = &events[0] else {
        panic!("an act")
    };
    assert_eq!(act.because.as_deref(), Some("Nearest"));
}

#[test]
fn a_guard_refuses_in_its_own_words_and_only_whoever_may_hear_them() {
    let asked = |kind| {
        let saw = History::empty().then(neighbour(), "request", json!({ "kind": kind }));
        let claimed = saw
            .when(facts(keeper()), RequestCommand::Claim { reason: None })
            .unwrap();
        let mut saw = saw;
        claimed.iter().for_each(|event| saw.0.evolve(event));
        saw
    };
    let refusal = asked("saw").refusal(keeper(), "query");
    assert_eq!(
        refusal.to_string(),
        "`query` is not possible now: Whoever holds the claim asks about saws"
    );
    assert_eq!(refusal.code(), "guarded");
    let stranger = asked("saw").refusal(neighbour(), "query");
    assert!(matches!(stranger, Refusal::NotYours { .. }));
    let hammer = asked("hammer").then(keeper(), "query", json!({}));
    assert_eq!(hammer.0.find().unwrap().state.as_str(), "question");
}

#[test]
fn a_service_account_alone_cannot_ask() {
    let mut account = neighbour();
    account.kind = PrincipalKind::ServiceAccount;
    let refusal = History::empty().refusal(account, "request");
    assert!(matches!(refusal, Refusal::ServiceAccountAlone { .. }));
}

#[test]
fn a_service_account_makes_the_moves_of_its_grant_for_people_of_its_agency_who_agreed() {
    let mut account = person("t.system", "submitter", None);
    account.kind = PrincipalKind::ServiceAccount;
    account.grants[0].moves = [MoveName::parse("request").unwrap()].into();
    let mut agreed = neighbour();
    agreed.carried_by = [account.id.clone()].into();
    let sends = |account: &Principal, for_whom: &Principal| {
        let mut facts = facts(account.clone());
        facts.on_behalf_of = Some(for_whom.clone());
        History::empty().when(facts, asks(&[("request", json!({}))]))
    };
    let state = RequestState::fold(&sends(&account, &agreed).unwrap());
    let opening = &state.find().unwrap().opening;
    assert_eq!(opening.requester.as_str(), "n.ross");
    assert_eq!(opening.carried_by.as_ref(), Some(&account.id));

    let mut elsewhere = account.clone();
    elsewhere.grants[0].agency = Some(AgencyId::parse("elsewhere").unwrap());
    let mut without_moves = account.clone();
    without_moves.grants[0].moves.clear();
    for (account, for_whom) in [
        (&account, &neighbour()),
        (&elsewhere, &agreed),
        (&without_moves, &agreed),
    ] {
        let refusal = sends(account, for_whom).unwrap_err();
        assert!(matches!(refusal, Refusal::NotCarried { .. }), "{refusal}");
    }
}

#[test]
fn a_move_that_the_state_does_not_allow_is_refused_with_those_that_it_does() {
    let history = History::asked().then(keeper(), "query", json!({}));
    let Refusal::NotInThisState { state, allowed, .. } = history.refusal(keeper(), "query") else {
        panic!("another refusal")
    };
    assert_eq!(state.as_str(), "question");
    assert!(allowed.iter().all(|name| name.as_str() != "query"));
}

#[test]
fn a_member_of_another_team_is_refused_as_if_there_were_no_such_request() {
    let other = person("w.fry", "keeper", Some("west-shed"));
    assert_eq!(History::asked().refusal(other, "query"), Refusal::NotFound);
    let asker = History::asked().refusal(neighbour(), "query");
    assert!(matches!(asker, Refusal::NotYours { .. }));
}

#[test]
fn a_question_is_held_by_whoever_asked_for_help() {
    let history = History::asked().then(keeper(), "query", json!({}));
    let owner = &history.0.find().unwrap().owner;
    assert_eq!(owner.held_by, HeldBy::Requester(neighbour().id));
}

#[test]
fn several_acts_are_one_and_fall_together() {
    let both = asks(&[("query", json!({})), ("agree", json!({}))]);
    assert!(History::asked().when(facts(keeper()), both).is_err());
    let handed = json!({ "shed": "east-shed" });
    let fine = asks(&[
        ("hand-on", handed),
        ("agree", json!({ "handed_by": "k.bain" })),
    ]);
    assert_eq!(
        History::asked().when(facts(keeper()), fine).unwrap().len(),
        2
    );
}

#[test]
fn a_challenge_is_looked_at_by_somebody_else() {
    let refused = History::asked().then(keeper(), "refuse", json!({ "why": "broken" }));
    assert!(matches!(
        refused.refusal(keeper(), "agree"),
        Refusal::NotYours { .. }
    ));
    let colleague = person("k.orr", "keeper", Some("east-shed"));
    let agreed = refused.then(colleague, "agree", json!({}));
    assert_eq!(agreed.0.find().unwrap().state.as_str(), "agreed");
}

#[test]
fn data_chooses_the_path_and_the_first_fitting_one_wins() {
    let stays = History::asked().then(keeper(), "refuse", json!({ "why": "busy" }));
    assert_eq!(stays.0.find().unwrap().state.as_str(), "asked");
    let ends = History::asked().then(keeper(), "refuse", json!({ "why": "broken" }));
    assert_eq!(ends.0.find().unwrap().state.as_str(), "refused");
}

#[test]
fn handing_on_names_the_team_left_and_drops_claim_and_worker() {
    let mut history = History::asked();
    for event in history
        .when(facts(keeper()), RequestCommand::Claim { reason: None })
        .unwrap()
    {
        history.0.evolve(&event);
    }
    let history = history.then(keeper(), "hand-on", json!({ "shed": "west-shed" }));
    let request = history.0.find().unwrap();
    assert_eq!(request.owner.team.as_str(), "west-shed");
    assert_eq!(request.claimed_by, None);
}

#[test]
fn handing_on_to_an_unknown_team_is_refused_with_the_known_ones() {
    let command = asks(&[("hand-on", json!({ "shed": "north-shed" }))]);
    let Err(Refusal::UnknownTeam { allowed, .. }) = History::asked().when(facts(keeper()), command)
    else {
        panic!("another outcome")
    };
    assert_eq!(allowed.len(), 2);
}

#[test]
fn a_claim_is_one_persons_and_claiming_again_changes_nothing() {
    let mut history = History::asked();
    for event in history
        .when(facts(keeper()), RequestCommand::Claim { reason: None })
        .unwrap()
    {
        history.0.evolve(&event);
    }
    assert_eq!(
        history.when(facts(keeper()), RequestCommand::Claim { reason: None }),
        Ok(Vec::new())
    );
    let colleague = person("k.orr", "keeper", Some("east-shed"));
    let taken = history.when(
        facts(colleague.clone()),
        RequestCommand::Claim { reason: None },
    );
    let by_other = Refusal::ClaimedByOther {
        holder: keeper().id,
        reasons: Vec::new(),
    };
    assert_eq!(taken, Err(by_other.clone()));
    let released = history.when(facts(colleague), RequestCommand::Release { reason: None });
    assert_eq!(released, Err(by_other));
}

#[test]
fn the_moves_shown_to_a_person_are_those_that_would_pass() {
    let history = History::asked();
    let definition = definition();
    let request = history.0.find().unwrap();
    for actor in [
        neighbour(),
        keeper(),
        person("w.fry", "keeper", Some("west-shed")),
    ] {
        let who = Who {
            person: &actor,
            covers: &Covers::new(),
            sight: Sight::Unopened,
        };
        let shown: Vec<&MoveName> = moves_open_to(&definition, request, who)
            .map(|(name, _)| name)
            .collect();
        for name in definition.moves.keys() {
            let data = json!({ "why": "broken", "shed": "east-shed" });
            let passes = history
                .when(facts(actor.clone()), asks(&[(name.as_str(), data)]))
                .is_ok();
            assert_eq!(shown.contains(&name), passes, "{name} by {}", actor.id);
        }
    }
}

#[test]
fn an_event_comes_back_from_its_bytes_without_what_was_personal() {
    let mut events = History::empty()
        .when(
            facts(neighbour()),
            asks(&[("request", json!({ "code": 1 }))]),
        )
        .unwrap();
    let bytes = codec::encode(&events[0]).unwrap();
    assert_eq!(codec::decode("requested", 1, &bytes), Ok(events[0].clone()));
    let RequestEvent::Act(act) = &mut events[0] else {
        panic!("an act")
    };
    act.personal.child = Map::from_iter([("name".to_owned(), json!("Invented Canary"))]);
    let bytes = codec::encode(&events[0]).unwrap();
    assert!(!String::from_utf8(bytes).unwrap().contains("Canary"));
    assert!(!format!("{:?}", events[0]).contains("Canary"));
}

#[test]
fn an_event_of_a_newer_version_or_another_type_is_an_error() {
    let events = History::empty()
        .when(facts(neighbour()), asks(&[("request", json!({}))]))
        .unwrap();
    let bytes = codec::encode(&events[0]).unwrap();
    assert!(codec::decode("requested", 2, &bytes).is_err());
    assert!(codec::decode("agreed", 1, &bytes).is_err());
}
