//! Claims over HTTP: who has one and until when, who is too late, and who may end it.

use crate::support::client::Served;
use crate::support::engine::now;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use uuid::Uuid;

/// A request that the duty worker has claimed, and where the read tables must be.
async fn claimed(served: &Served) -> (Uuid, String) {
    let request = served.sent().await;
    let path = format!("/requests/{request}/claim");
    let answer = served.call(Method::POST, &path, "duty.carrick");
    // Without a body, as a plain claim needs none.
    let answer = answer.key("claim-1").send().await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    let position = answer.body["position"].as_str().unwrap().to_owned();
    (request, position)
}

async fn claim_of(served: &Served, request: Uuid, person: &str) -> Value {
    let seen = served.get(&format!("/requests/{request}"), person).await;
    assert_eq!(seen.status, StatusCode::OK, "{}", seen.text);
    seen.body["claim"].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_claim_is_shown_with_its_end_and_taken_over_with_a_reason() {
    let served = Served::start().await;
    let (request, position) = claimed(&served).await;
    let claim = claim_of(&served, request, "duty.carrick").await;
    assert_eq!(claim["by"], "duty.carrick");
    assert_eq!(claim["stands_still"], false);
    assert!(claim["until"].is_string(), "{claim}");
    assert!(claim.get("reasons").is_none(), "one's own: {claim}");
    let queue = format!("/teams/carrick-team/queue?min_position={position}");
    let queue = served.get(&queue, "lead.carrick").await;
    assert_eq!(queue.body["requests"][0]["claim"], claim, "{}", queue.text);

    // The loser is told who won, and a leader what a take-over needs.
    let path = format!("/requests/{request}/claim");
    let late = served.post(&path, "lead.carrick", json!({})).await;
    assert_eq!(late.status, StatusCode::CONFLICT, "{}", late.text);
    let detail = late.body["detail"].as_str().unwrap();
    assert!(detail.starts_with("`duty.carrick` holds the claim until 20"));
    let reasons = json!(["away", "overloaded", "urgent", "by-mistake"]);
    assert_eq!(late.body["allowed"], reasons, "{}", late.text);
    for (body, pointer) in [
        (json!({ "reason": "bored" }), "/reason"),
        (json!({ "reason": 7 }), "/reason"),
        (json!({ "because": "away" }), ""),
    ] {
        let wrong = served.post(&path, "lead.carrick", body).await;
        assert_eq!(
            wrong.status,
            StatusCode::UNPROCESSABLE_ENTITY,
            "{}",
            wrong.text
        );
        assert_eq!(wrong.body["errors"][0]["pointer"], pointer);
    }
    let shown = claim_of(&served, request, "lead.carrick").await;
    assert_eq!(
        shown["reasons"][0],
        json!({ "reason": "away", "title": "Away or ill" })
    );

    let body = json!({ "reason": "away" });
    let taken = served.post(&path, "lead.carrick", body).await;
    assert_eq!(taken.status, StatusCode::OK, "{}", taken.text);
    let claim = claim_of(&served, request, "lead.carrick").await;
    assert_eq!(claim["by"], "lead.carrick");
    let before = now();
    let release = format!("/requests/{request}/release");
    let refused = served.post(&release, "duty.carrick", json!({})).await;
    assert_eq!(refused.status, StatusCode::CONFLICT, "{}", refused.text);
    let released = served.post(&release, "lead.carrick", json!({})).await;
    assert_eq!(released.status, StatusCode::OK, "{}", released.text);
    assert_eq!(
        claim_of(&served, request, "lead.carrick").await,
        Value::Null
    );

    // What was known while it was claimed is told so for ever.
    let position = released.body["position"].as_str().unwrap();
    let today = format!("/caseloads?min_position={position}");
    let earlier = format!("/caseloads?as_known_on={before}");
    for (path, claimed) in [(today, 0), (earlier, 1)] {
        let seen = served.get(&path, "lead.carrick").await;
        assert_eq!(seen.status, StatusCode::OK, "{}", seen.text);
        let row = &seen.body["caseloads"][0];
        assert_eq!(
            (&row["count"], &row["claimed"]),
            (&json!(1), &json!(claimed))
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn outside_nobody_sees_the_claim_of_a_request_in_another_process() {
    let served = Served::start().await;
    let (request, _) = claimed(&served).await;
    let carrier = claim_of(&served, request, "school.system").await;
    assert_eq!(carrier["by"], "duty.carrick");
    let concern = json!({
        "risk": "neglect", "number_rung": "initial-response", "concern": "Invented concern"
    });
    let path = format!("/requests/{request}/moves/pass-on-child-protection-concern");
    let answer = served.post(&path, "duty.carrick", json!({ "data": concern }));
    let answer = answer.await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    assert_eq!(
        claim_of(&served, request, "school.system").await,
        Value::Null
    );
    let claim = claim_of(&served, request, "duty.carrick").await;
    assert_eq!(claim["stands_still"], true, "{claim}");
    assert!(claim.get("until").is_none(), "{claim}");
    let position = answer.body["position"].as_str().unwrap();
    for (list, person, shown) in [
        ("/requests?", "school.system", Value::Null),
        ("/teams/carrick-team/queue?", "lead.carrick", claim),
    ] {
        let list = format!("{list}min_position={position}");
        let rows = served.get(&list, person).await;
        assert_eq!(rows.body["requests"][0]["claim"], shown, "{}", rows.text);
    }
}
