//! More time for a clock over HTTP: once, in time, by whom the workflow names, and visible.

use crate::support::client::{Answer, Served};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use uuid::Uuid;

async fn extend(served: &Served, person: &str, request: Uuid, body: Value) -> Answer {
    let path = format!("/requests/{request}/clocks/decide/extension");
    let call = served.call(Method::POST, &path, person);
    let call = call.key(&Uuid::new_v4().to_string());
    call.header("If-Match", "\"1\"").json(body).send().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_leader_gives_more_time_once_and_both_targets_are_shown() {
    let served = Served::start().await;
    let request = served.sent().await;
    let more = json!({ "by": "3wd", "reason": "family-away" });

    let path = format!("/requests/{request}/clocks/decide/extension");
    let unseen = served.post(&path, "lead.carrick", more.clone()).await;
    assert_eq!(
        unseen.status,
        StatusCode::PRECONDITION_REQUIRED,
        "{}",
        unseen.text
    );
    for (body, pointer) in [
        (json!({ "by": "P3D", "reason": "family-away" }), "/by"),
        (json!({ "reason": "family-away" }), "/by"),
        (json!({ "by": "3wd" }), "/reason"),
        (json!({ "by": "9wd", "reason": "family-away" }), "/by"),
        (json!({ "by": "3wd", "reason": "busy" }), "/reason"),
    ] {
        let wrong = extend(&served, "lead.carrick", request, body).await;
        assert_eq!(
            wrong.status,
            StatusCode::UNPROCESSABLE_ENTITY,
            "{}",
            wrong.text
        );
        assert_eq!(wrong.body["errors"][0]["pointer"], pointer);
    }
    let other = extend(&served, "duty.carrick", request, more.clone()).await;
    assert_eq!(other.status, StatusCode::FORBIDDEN, "{}", other.text);
    assert_eq!(other.body["allowed"], json!(["team-lead"]));
    let stranger = extend(&served, "duty.ayr-north", request, more.clone()).await;
    assert_eq!(stranger.status, StatusCode::NOT_FOUND, "{}", stranger.text);

    let given = extend(&served, "lead.carrick", request, more.clone()).await;
    assert_eq!(given.status, StatusCode::OK, "{}", given.text);
    assert_eq!(given.body["version"], 2);
    let clock = format!("/requests/{request}/clocks/decide");
    let clock = served.get(&clock, "head.girvan").await;
    let reading = &clock.body["reading"];
    assert_eq!(reading["target"], "8wd", "{}", clock.text);
    assert_eq!(reading["stated_target"], "5wd");
    assert_eq!(reading["extensions"][0]["title"], "The family is away");
    let sentence = clock.body["sentence"].as_str().unwrap();
    assert!(
        sentence.contains("extended by 3 working days"),
        "{sentence}"
    );
    let position = given.body["position"].as_str().unwrap();
    let figures = format!("/response-times?clock=decide&min_position={position}");
    let figures = served.get(&figures, "manager.service").await;
    let figures = &figures.body["clocks"][0];
    assert_eq!(
        (&figures["target"], &figures["extended"]),
        (&json!("5wd"), &json!(1)),
        "{figures}"
    );

    let again = served.call(Method::POST, &path, "lead.carrick");
    let again = again.key("again").header("If-Match", "\"2\"");
    let again = again.json(more).send().await;
    assert_eq!(again.status, StatusCode::CONFLICT, "{}", again.text);
}
