//! Whoever opens a request is written down first, by whatever way they come.

use crate::screens::Visitor;
use crate::support::client::Served;
use crate::support::until;
use reqwest::StatusCode;
use serde_json::Value;
use std::collections::BTreeSet;
use std::time::Duration;
use uuid::Uuid;

async fn readings(served: &Served, request: Uuid, by: &str) -> Vec<Value> {
    let path = format!("/requests/{request}/readings");
    let answer = served.get(&path, by).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    assert!(!answer.text.contains("Invented:"), "{}", answer.text);
    answer.body["readings"].as_array().unwrap().clone()
}

fn seen(readings: &[Value]) -> BTreeSet<(&str, &str, i64)> {
    readings
        .iter()
        .map(|row| {
            let of = |name: &str| row[name].as_str().unwrap();
            (
                of("principal"),
                of("opened"),
                row["times"].as_i64().unwrap(),
            )
        })
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_opens_a_request_is_written_down_with_what_was_open_to_them() {
    let served = Served::start().await;
    let request = served.sent().await;
    let path = format!("/requests/{request}");
    // The one who asked, twice; a worker of the team, who has not claimed it; a manager by a figure.
    for person in ["head.girvan", "head.girvan", "duty.carrick"] {
        assert_eq!(served.get(&path, person).await.status, StatusCode::OK);
    }
    let worker = Visitor::signed_in(&served.process.http, "duty.carrick").await;
    worker
        .get(&format!("/app{path}"))
        .await
        .says("You see the outline");
    let figure = "/response-times/requests?clock=acknowledge&part=open";
    until("the figure counts it", Duration::from_secs(20), || async {
        let opened = served.get(figure, "manager.service").await;
        (opened.body["count"] == 1).then_some(())
    })
    .await;
    // Strangers find nothing, and leave nothing.
    let stranger = served.get(&path, "duty.ayr-north").await;
    assert_eq!(stranger.status, StatusCode::NOT_FOUND);

    let found = readings(&served, request, "lead.carrick").await;
    let expected = [
        ("head.girvan", "content", 2),
        ("duty.carrick", "outline", 2),
        ("manager.service", "figure", 1),
    ];
    assert_eq!(seen(&found), expected.into());
    let lead = Visitor::signed_in(&served.process.http, "lead.carrick").await;
    lead.get(&format!("/app{path}"))
        .await
        .says("Who has opened this request");
    let page = lead.get(&format!("/app{path}/readings")).await;
    page.says("That it stands behind a number");
    // By now the lead has opened it, too.
    let again = readings(&served, request, "lead.carrick").await;
    assert!(seen(&again).contains(&("lead.carrick", "content", 1)));

    for (person, status) in [
        ("head.girvan", StatusCode::FORBIDDEN),
        ("duty.carrick", StatusCode::FORBIDDEN),
        ("manager.service", StatusCode::NOT_FOUND),
    ] {
        let refused = served.get(&format!("{path}/readings"), person).await;
        assert_eq!(refused.status, status, "{person}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_written_down_is_not_shown_and_what_was_is_not_changed() {
    let served = Served::start().await;
    let request = served.sent().await;
    let path = format!("/requests/{request}");
    let client = served.database().connect().await;
    let hide = "alter table access.readings rename to hidden";
    client.batch_execute(hide).await.unwrap();
    let refused = served.get(&path, "head.girvan").await;
    assert_eq!(refused.status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(!refused.text.contains("Invented:"), "{}", refused.text);
    let back = "alter table access.hidden rename to readings";
    client.batch_execute(back).await.unwrap();
    assert_eq!(
        served.get(&path, "head.girvan").await.status,
        StatusCode::OK
    );
    // The engine itself has no right to change or to take away.
    client.batch_execute("set role rfa_app").await.unwrap();
    for change in [
        "update access.readings set principal = 'nobody'",
        "delete from access.readings",
    ] {
        let denied = client.batch_execute(change).await.unwrap_err();
        assert_eq!(denied.code().unwrap().code(), "42501", "{change}");
    }
}
