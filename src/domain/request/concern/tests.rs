//! A fold of acts as they are stored, with steps of concerns and without. What the rules allow is told
//! by the scenarios of the workflow.

use crate::domain::ids::PrincipalId;
use crate::domain::request::event::RequestEvent;
use crate::domain::request::state::{Request, RequestState};
use serde_json::{Value, json};

fn person(id: &str) -> PrincipalId {
    PrincipalId::parse(id).unwrap()
}

fn act(hand_over: &str, concern: Value) -> Value {
    let mut act = json!({
        "kind": "act", "name": "happened", "move": "happen", "from": "sent", "to": "sent",
        "owner": { "team": "carrick-team", "held_by": "team" }, "acted_as": { "role": "team" },
    });
    if !hand_over.is_empty() {
        act["hand_over"] = json!(hand_over);
    }
    if !concern.is_null() {
        act["concern"] = concern;
    }
    act
}

fn by(number: u32, id: &str) -> Value {
    json!({ "number": number, "by": id, "at": "2026-06-01T09:00:00Z" })
}

fn fold(acts: &[Value]) -> Request {
    let mut opening = act("", Value::Null);
    opening["opening"] = json!({
        "workflow": "w", "version": 1, "definition": "0".repeat(64), "reference": "GAJ1-PYXF-9",
        "requester": "head.girvan", "child": "00000000-0000-0000-0000-000000000000",
        "received_at": "2026-06-01T08:00:00Z",
    });
    let events: Vec<RequestEvent> = std::iter::once(&opening)
        .chain(acts)
        .map(|act| serde_json::from_value(act.clone()).unwrap())
        .collect();
    RequestState::fold(&events).find().cloned().unwrap()
}

#[test]
fn each_concern_is_answered_taken_over_and_closed_by_its_own_number() {
    let mut acts = vec![
        act("opens", by(1, "head.girvan")),
        act("opens", by(2, "duty.carrick")),
    ];
    let request = fold(&acts);
    assert!(request.has_unanswered_concern() && request.is_concern_open());
    assert!(
        request.passed_on(&person("duty.carrick")) && !request.passed_on(&person("lead.carrick"))
    );

    acts.push(act("attempts", by(2, "duty.carrick")));
    acts.push(act("hands-over", by(2, "duty.carrick")));
    let request = fold(&acts);
    assert!(request.has_unanswered_concern(), "the first is red still");
    assert_eq!(request.find_concern(2).unwrap().attempt_count, 1);

    acts.push(act("takes-over", by(1, "social.work")));
    let request = fold(&acts);
    assert!(!request.has_unanswered_concern() && request.holds_concern(&person("social.work")));

    let mut looking = by(1, "social.work");
    looking["result"] = json!("being-looked-at");
    looking["stays_open"] = json!(true);
    acts.push(act("closes", looking));
    assert!(fold(&acts).holds_concern(&person("social.work")));
    let mut result = by(1, "social.work");
    result["result"] = json!("child-protection");
    acts.push(act("closes", result));
    let request = fold(&acts);
    assert!(
        !request.holds_concern(&person("social.work")),
        "it ends with the concern"
    );
    assert!(request.is_concern_open(), "the second has no result");
}

#[test]
fn a_history_from_before_concerns_had_numbers_closes_the_oldest() {
    let opened = [act("opens", Value::Null), act("opens", Value::Null)];
    let one = [&opened[..], &[act("closes", Value::Null)]].concat();
    let request = fold(&one);
    let open: Vec<u32> = request
        .concerns
        .iter()
        .filter(|c| c.open)
        .map(|c| c.number)
        .collect();
    assert_eq!(open, [2]);
    let both = [&one[..], &[act("closes", Value::Null)]].concat();
    assert!(!fold(&both).is_concern_open());
}

#[test]
fn a_step_about_a_concern_that_is_not_there_changes_nothing() {
    let acts = [
        act("opens", by(1, "head.girvan")),
        act("closes", by(7, "social.work")),
    ];
    assert!(fold(&acts).is_concern_open());
}
