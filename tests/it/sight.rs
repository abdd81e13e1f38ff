//! Nobody acts where they may not see: each finding of the attack in November, as a test.

use crate::support::client::{Answer, Served, example};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use uuid::Uuid;

const CONCERN: &str = "pass-on-child-protection-concern";

async fn state(served: &Served, request: Uuid, person: &str) -> Value {
    let read = served.get(&format!("/requests/{request}"), person).await;
    assert_eq!(read.status, StatusCode::OK, "{person}: {}", read.text);
    read.body
}

async fn made(served: &Served, request: Uuid, name: &str, person: &str, data: Value) {
    let answer = served.make(request, name, person, data).await;
    assert_eq!(answer.status, StatusCode::OK, "{person}: {}", answer.text);
}

/// All of an answer but the id of the call.
fn said(answer: Answer) -> Value {
    let mut body = answer.body;
    body.as_object_mut().unwrap().remove("instance");
    body
}

/// By the account of the school, for the head teacher, at the version that the account sees.
async fn carried(
    served: &Served,
    request: Uuid,
    name: &str,
    for_whom: &str,
    data: Value,
) -> Answer {
    let path = format!("/requests/{request}");
    let seen = served.get(&path, "school.system").await;
    let body = json!({ "data": data, "on_behalf_of": for_whom });
    served
        .call(
            Method::POST,
            &format!("{path}/moves/{name}"),
            "school.system",
        )
        .key(&Uuid::new_v4().to_string())
        .header("If-Match", seen.etag.as_deref().unwrap_or("\"1\""))
        .json(body)
        .send()
        .await
}

#[tokio::test(flavor = "multi_thread")]
async fn an_act_that_needs_no_reading_opens_nothing_for_whoever_did_it() {
    let served = Served::start().await;
    let request = served.sent().await;
    let duty = "duty.carrick";
    made(
        &served,
        request,
        "tell-requester",
        duty,
        json!({ "how": "phone" }),
    )
    .await;
    assert_eq!(state(&served, request, duty).await["content"], "summary");

    for step in ["claim", "release"] {
        let path = format!("/requests/{request}/{step}");
        let answer = served.post(&path, duty, json!({})).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
        let open = if step == "claim" { "open" } else { "summary" };
        assert_eq!(
            state(&served, request, duty).await["content"],
            open,
            "{step}"
        );
    }

    let why = json!({ "reason": "Invented: no longer needed." });
    made(&served, request, "withdraw", "head.girvan", why).await;
    made(
        &served,
        request,
        "tell-requester",
        duty,
        json!({ "how": "phone" }),
    )
    .await;
    assert_eq!(state(&served, request, duty).await["content"], "summary");
    assert_eq!(
        state(&served, request, "lead.carrick").await["content"],
        "open"
    );
    assert_eq!(
        state(&served, request, "head.girvan").await["content"],
        "open"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_member_of_the_team_reads_no_more_because_a_concern_is_open() {
    let served = Served::start().await;
    let request = served.sent().await;
    made(&served, request, CONCERN, "head.girvan", example(CONCERN)).await;
    let seen = state(&served, request, "duty.carrick").await;
    assert_eq!(seen["content"], "summary", "{seen}");
    assert_eq!(seen["concern_open"], Value::Null, "{seen}");
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_may_not_know_of_a_request_makes_no_move_on_it() {
    let served = Served::start().await;
    let request = served.sent().await;
    for stranger in [
        "social.work",
        "duty.prestwick",
        "hv.ayr",
        "analyst.partnership",
    ] {
        for (name, data) in [
            (CONCERN, example(CONCERN)),
            ("tell-requester", json!({ "how": "phone" })),
            ("no-such-move", json!({})),
        ] {
            let moves = |id: Uuid| format!("/requests/{id}/moves/{name}");
            let there = served
                .post(&moves(request), stranger, json!({ "data": data }))
                .await;
            let nowhere = served
                .post(&moves(Uuid::now_v7()), stranger, json!({ "data": data }))
                .await;
            assert_eq!(
                there.status,
                StatusCode::NOT_FOUND,
                "{stranger} {name}: {}",
                there.text
            );
            assert_eq!(said(there), said(nowhere), "{stranger} {name}");
        }
    }
    assert_eq!(state(&served, request, "lead.carrick").await["version"], 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_account_makes_the_moves_of_its_grant_for_whoever_agreed_and_no_others() {
    let served = Served::start().await;
    let by_the_head = served.sent().await;
    let why = json!({ "reason": "Invented: no longer needed." });
    let refused = carried(&served, by_the_head, "withdraw", "head.girvan", why.clone()).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN, "{}", refused.text);
    assert_eq!(
        refused.body["allowed"],
        json!(["add-information", "answer", "send", "withdraw"]),
        "{}",
        refused.text
    );
    for (name, data) in [
        (
            "change-named-person",
            json!({ "named_person": "guidance.queen-margaret", "why": "changes-school" }),
        ),
        (CONCERN, example(CONCERN)),
    ] {
        let refused = carried(&served, by_the_head, name, "head.girvan", data).await;
        assert_eq!(
            refused.status,
            StatusCode::FORBIDDEN,
            "{name}: {}",
            refused.text
        );
    }
    let more = json!({ "information": "Invented: a new phone number." });
    let told = carried(&served, by_the_head, "add-information", "head.girvan", more).await;
    assert_eq!(told.status, StatusCode::OK, "{}", told.text);

    let send = json!({ "data": example("send"), "on_behalf_of": "head.girvan" });
    let sent = served
        .post("/requests", "school.system", send.clone())
        .await;
    assert_eq!(sent.status, StatusCode::CREATED, "{}", sent.text);
    let own = serde_json::from_value(sent.body["request_id"].clone()).unwrap();
    let taken_back = carried(&served, own, "withdraw", "head.girvan", why).await;
    assert_eq!(taken_back.status, StatusCode::OK, "{}", taken_back.text);

    let mut for_another = send;
    for_another["on_behalf_of"] = json!("guidance.queen-margaret");
    let refused = served.post("/requests", "school.system", for_another).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN, "{}", refused.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_of_the_team_decides_alone_who_reads_what_was_written() {
    let served = Served::start().await;
    let request = served.sent().await;
    let another = json!({ "named_person": "guidance.queen-margaret", "why": "changes-school" });
    let refused = served
        .make(
            request,
            "change-named-person",
            "duty.carrick",
            another.clone(),
        )
        .await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN, "{}", refused.text);
    assert_eq!(
        state(&served, request, "head.girvan").await["content"],
        "open"
    );
    made(
        &served,
        request,
        "change-named-person",
        "lead.carrick",
        another,
    )
    .await;
    let head = served
        .get(&format!("/requests/{request}"), "head.girvan")
        .await;
    assert_eq!(head.status, StatusCode::NOT_FOUND);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_grant_of_any_kind_opens_neither_sending_nor_being_told() {
    let served = Served::start().await;
    let send = json!({ "data": example("send") });
    for person in [
        "analyst.partnership",
        "manager.service",
        "duty.carrick",
        "social.work",
    ] {
        let sent = served.post("/requests", person, send.clone()).await;
        assert_eq!(
            sent.status,
            StatusCode::FORBIDDEN,
            "{person}: {}",
            sent.text
        );
        let numbers = served.get("/concern-numbers", person).await;
        assert_eq!(numbers.status, StatusCode::OK, "{person} may ring");
    }
    let mail = served.get("/mail", "analyst.partnership").await;
    assert_eq!(mail.status, StatusCode::FORBIDDEN, "{}", mail.text);
}
