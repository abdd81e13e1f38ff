//! Which tie lets a person act on what, with the tables written by hand.

use super::super::actor::Grant;
use super::super::command::Sight;
use super::*;
use crate::domain::ids::MoveName;
use crate::domain::organisation::Covers;
use serde_json::{Value, json};

fn definition() -> Definition {
    let action = |title: &str, more: Value| {
        let mut rule = json!({
            "title": title, "by": ["member"], "emits": "done", "data": {},
            "paths": [{ "from": "any", "to": "same" }]
        });
        let more = more.as_object().unwrap().clone();
        rule.as_object_mut().unwrap().extend(more);
        rule
    };
    serde_json::from_value(json!({
        "format": 1, "workflow": "loan", "version": 1, "title": "A loan of a tool",
        "roles": {
            "member": { "title": "Member", "any_of": ["member"], "of": "owner" },
            "guard": { "title": "Guard", "any_of": ["guard"], "of": "anywhere" }
        },
        "states": {
            "asked": { "title": "Asked", "meaning": "In the queue" },
            "elsewhere": { "title": "Elsewhere", "meaning": "Others see to it", "restricted": true }
        },
        "moves": {
            "note": action("Note", json!({})),
            "warn": action("Warn", json!({ "hand_over": "opens", "restricted": true })),
            "hush": action("Hush", json!({ "restricted": true })),
            "settle": action("Settle", json!({
                "by": ["guard"], "hand_over": "takes-over", "restricted": true
            }))
        },
        "routing": [{ "team": { "team": "shed" }, "because": "Nearest" }]
    }))
    .unwrap()
}

fn request(state: &str) -> Request {
    serde_json::from_value(json!({
        "opening": {
            "workflow": "loan", "version": 1, "definition": "00".repeat(32),
            "reference": "GAJ1PYXF9", "requester": "asker", "agency": "school",
            "child": "00000000-0000-0000-0000-000000000000", "received_at": "2026-06-01T09:00:00Z"
        },
        "state": state,
        "owner": { "team": "shed", "held_by": "team" },
        "requester": "asker", "agency": "school", "worker": "worker", "claimed_by": "holder",
        "concerns": [{ "number": 1, "passed_on_by": "author", "attempt_count": 0, "open": true }],
        "version": 3
    }))
    .unwrap()
}

fn principal(id: &str, role: &str, team: Option<&str>, agency: Option<&str>) -> Principal {
    let kind = if role == "system" {
        PrincipalKind::ServiceAccount
    } else {
        PrincipalKind::Person
    };
    let grant = Grant::new(
        role.parse().unwrap(),
        team.map(|team| team.parse().unwrap()),
        agency.map(|agency| agency.parse().unwrap()),
    );
    Principal::new(id.parse().unwrap(), kind, vec![grant])
}

fn answers(person: &Principal, state: &str) -> Vec<&'static str> {
    let (definition, request) = (definition(), request(state));
    let covers = Covers::new();
    let who = Who {
        person,
        covers: &covers,
        sight: Sight::Unopened,
    };
    let involvement = Involvement::of(&definition, &request, who);
    ["note", "warn", "hush", "settle"]
        .into_iter()
        .filter(|name| {
            let rule = &definition.moves[&MoveName::parse(name).unwrap()];
            let act = SightedAct::Move(rule);
            involvement.check_sight(&definition, &request, act).is_ok()
        })
        .collect()
}

#[test]
fn whoever_may_not_see_may_not_act_and_passing_a_concern_on_needs_the_outline_alone() {
    let all = ["note", "warn", "hush", "settle"];
    let outline_alone = ["note", "warn"];
    let school = Some("school");
    for (person, ordinary, hidden) in [
        (
            principal("asker", "head", None, school),
            &outline_alone[..],
            &["warn"][..],
        ),
        (
            principal("carrier", "system", None, school),
            &outline_alone,
            &["warn"],
        ),
        (principal("other", "system", None, Some("clinic")), &[], &[]),
        (principal("colleague", "head", None, school), &[], &[]),
        (
            principal("worker", "member", Some("barn"), None),
            &all,
            &all,
        ),
        (
            principal("holder", "member", Some("shed"), None),
            &all,
            &all,
        ),
        (
            principal("anyone", "member", Some("shed"), None),
            &all,
            &all,
        ),
        (
            principal("stranger", "member", Some("barn"), None),
            &[],
            &[],
        ),
        (principal("guard", "guard", None, None), &all, &all),
        (
            principal("author", "member", Some("barn"), None),
            &all,
            &["warn", "hush", "settle"],
        ),
    ] {
        assert_eq!(answers(&person, "asked"), ordinary, "{}", person.id);
        assert_eq!(answers(&person, "elsewhere"), hidden, "{}", person.id);
    }
}

#[test]
fn a_request_that_nobody_may_know_of_is_told_apart_from_a_state_that_is_hidden() {
    let (definition, request) = (definition(), request("elsewhere"));
    let check = |involvement: Involvement| {
        involvement.check_sight(&definition, &request, SightedAct::Other)
    };
    let tied = |ties: &[Tie]| Involvement::new(None, ties);
    assert_eq!(check(tied(&[])), Err(Unseen::Request));
    assert_eq!(check(tied(&[Tie::Requester])), Err(Unseen::State));
    assert_eq!(check(tied(&[Tie::Doer])), Err(Unseen::State));
    assert_eq!(check(tied(&[Tie::Requester, Tie::Worker])), Ok(()));
}
