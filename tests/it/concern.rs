//! A child protection concern that was passed on: what others may see of it.

use crate::support::client::{Served, consume};
use reqwest::StatusCode;
use serde_json::json;
use uuid::Uuid;

/// A concern about a fresh request, passed on by the head teacher.
async fn passed_on(served: &Served) -> Uuid {
    let request = served.sent().await;
    let concern = json!({
        "risk": "neglect", "number_rung": "initial-response", "concern": "Invented concern"
    });
    let path = format!("/requests/{request}/moves/pass-on-child-protection-concern");
    let answer = served
        .post(&path, "head.girvan", json!({ "data": concern }))
        .await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    request
}

#[tokio::test(flavor = "multi_thread")]
async fn a_claim_beside_a_hidden_concern_is_hidden_too() {
    let served = Served::start().await;
    let request = passed_on(&served).await;
    let path = format!("/requests/{request}/claim");
    for (path, version) in [(path.clone(), 3), (path.replace("claim", "release"), 4)] {
        let answer = served.post(&path, "duty.carrick", json!({})).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
        assert_eq!(answer.body["version"], version);
    }

    let queue = "rfa.team.south-ayrshire.carrick-team";
    let sent = consume(served.broker_url(), queue).await;
    assert_eq!(sent["type"], "scot.rfa.request-sent.v1");
    for version in 2..=4 {
        let stub = consume(served.broker_url(), queue).await;
        assert_eq!(
            stub["type"], "scot.rfa.moved-to-another-process.v1",
            "{stub}"
        );
        assert_eq!(stub["data"]["version"], version);
    }
    let restricted = "rfa.restricted.south-ayrshire";
    for name in ["child-protection-concern-passed-on", "claimed", "released"] {
        let whole = consume(served.broker_url(), restricted).await;
        assert_eq!(whole["type"], format!("scot.rfa.{name}.v1"));
    }
}
