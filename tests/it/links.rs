//! Links between requests over HTTP: told at both ends, and to nobody who may not know of both.

use crate::support::client::{Answer, Served, example};
use crate::support::engine::now;
use jiff::SignedDuration;
use reqwest::StatusCode;
use serde_json::{Value, json};
use uuid::Uuid;

/// Another child of the same family.
async fn sister(served: &Served) -> Uuid {
    let mut data = example("send");
    data["child"]["given_name"] = json!("Jo");
    data["child"]["date_of_birth"] = json!("2020-02-02");
    let sent = served
        .post("/requests", "head.girvan", json!({ "data": data }))
        .await;
    serde_json::from_value(sent.body["request_id"].clone()).unwrap()
}

async fn reference(served: &Served, request: Uuid) -> String {
    let seen = served
        .get(&format!("/requests/{request}"), "head.girvan")
        .await;
    seen.body["reference"].as_str().unwrap().to_owned()
}

async fn seen(served: &Served, request: Uuid, by: &str) -> Answer {
    served.settled().await;
    served.get(&format!("/requests/{request}"), by).await
}

fn links(answer: &Answer) -> Vec<(String, String, bool)> {
    let links = answer.body["links"].as_array();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    links
        .into_iter()
        .flatten()
        .map(|link| {
            (
                text(&link["kind"]),
                text(&link["request"]),
                link["from_there"].as_bool().unwrap(),
            )
        })
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_is_told_at_both_ends_to_those_who_may_see_both() {
    let served = Served::start().await;
    let (brother, sister) = (served.sent().await, sister(&served).await);
    let other = reference(&served, brother).await;
    // As somebody reads it out on the phone.
    let data = json!({ "kind": "sibling", "reference": other.to_lowercase() });
    let linked = served.make(sister, "link", "duty.carrick", data).await;
    assert_eq!(linked.status, StatusCode::OK, "{}", linked.text);

    let here = seen(&served, sister, "duty.carrick").await;
    assert_eq!(
        links(&here),
        [("sibling".to_owned(), brother.to_string(), false)]
    );
    let there = seen(&served, brother, "duty.carrick").await;
    assert_eq!(
        links(&there),
        [("sibling".to_owned(), sister.to_string(), true)]
    );
    assert_eq!(there.body["links"][0]["reference"], here.body["reference"]);
    // Nothing is merged, and a link is no likeness.
    assert_eq!(there.body["version"], 1);

    // The brother's request goes to a team far away: who stays behind reads of one end alone.
    let away = json!({ "team": "ayr-north-team", "because": "family-moved", "reason": "Invented" });
    let passed = served.make(brother, "pass-on", "duty.carrick", away).await;
    assert_eq!(passed.status, StatusCode::OK, "{}", passed.text);
    assert_eq!(
        seen(&served, brother, "duty.carrick").await.status,
        StatusCode::NOT_FOUND
    );
    let here = seen(&served, sister, "duty.carrick").await;
    assert_eq!(links(&here), []);
    for told in [brother.to_string(), other.clone(), other.to_lowercase()] {
        assert!(!here.text.contains(&told), "{}", here.text);
    }
    let there = seen(&served, brother, "duty.ayr-north").await;
    assert_eq!(links(&there), []);
    // Whoever asked for both still knows of both.
    let head = seen(&served, sister, "head.girvan").await;
    assert_eq!(links(&head).len(), 1);
    assert!(head.text.contains(&other.to_lowercase()), "{}", head.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_duplicate_names_another_request_that_exists() {
    let served = Served::start().await;
    let (first, second) = (served.sent().await, served.sent().await);
    let own = reference(&served, second).await;
    served.claimed(second, "duty.carrick").await;
    let end = |reference: &str| json!({ "reason": "duplicate", "duplicate_of": reference });
    for (given, what) in [
        (
            example("end-duplicate")["duplicate_of"].as_str().unwrap(),
            "not known",
        ),
        ("000000000", "not known"),
        (own.as_str(), "its own"),
    ] {
        let refused = served.make(second, "end", "duty.carrick", end(given)).await;
        assert_eq!(
            refused.status,
            StatusCode::UNPROCESSABLE_ENTITY,
            "{}",
            refused.text
        );
        assert_eq!(refused.body["errors"][0]["pointer"], "/data/duplicate_of");
        assert_eq!(refused.body["errors"][0]["what"], what);
    }
    let other = reference(&served, first).await;
    let ended = served
        .make(second, "end", "duty.carrick", end(&other))
        .await;
    assert_eq!(ended.status, StatusCode::OK, "{}", ended.text);
    let there = seen(&served, first, "duty.carrick").await;
    assert_eq!(
        links(&there),
        [("duplicate".to_owned(), second.to_string(), true)]
    );
    assert_eq!(there.body["state"]["name"], "sent");
}

/// The same child, written otherwise, by whoever asks.
async fn again(served: &Served, by: &str, changed: &[(&str, &str)]) -> Uuid {
    let mut data = example("send");
    let name = data["child"]["family_name"]
        .as_str()
        .unwrap()
        .to_uppercase();
    data["child"]["family_name"] = json!(format!(" {name} "));
    for (field, value) in changed {
        data["child"][field] = json!(value);
    }
    let sent = served.post("/requests", by, json!({ "data": data })).await;
    assert_eq!(sent.status, StatusCode::CREATED, "{}", sent.text);
    serde_json::from_value(sent.body["request_id"].clone()).unwrap()
}

fn prompt(answer: &Answer) -> (u64, Vec<String>) {
    let prompt = &answer.body["possible_same_child"];
    let ids = prompt["requests"].as_array().into_iter().flatten();
    let ids = ids.map(|id| id.as_str().unwrap().to_owned());
    (prompt["count"].as_u64().unwrap_or(0), ids.collect())
}

fn asked_before(answer: &Answer) -> &str {
    let derived = &answer.body["events"][0]["data"]["derived"];
    let code = derived["asked_before"].as_str();
    code.unwrap_or_else(|| panic!("{}", answer.text))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_request_for_the_same_child_prompts_and_is_a_request_of_its_own() {
    let served = Served::start().await;
    let first = served.sent().await;
    let second = again(&served, "hv.ayr", &[]).await;
    let third = again(&served, "hv.ayr", &[("given_name", "Nobody")]).await;
    assert_ne!(first, second);
    // The team that has it in hand is told, and opens both.
    let team = seen(&served, second, "duty.carrick").await;
    assert_eq!(prompt(&team), (1, vec![first.to_string()]));
    let lead = seen(&served, second, "lead.carrick").await;
    assert_eq!(asked_before(&lead), "within-6-months");
    let team = seen(&served, third, "duty.carrick").await;
    assert_eq!(prompt(&team), (0, vec![]));
    let lead = seen(&served, third, "lead.carrick").await;
    assert_eq!(asked_before(&lead), "first-time");
    // Whoever asked hears nothing of what somebody else asked for the child.
    let requester = seen(&served, second, "hv.ayr").await;
    assert_eq!(prompt(&requester), (0, vec![]));
    assert!(!requester.text.contains(&first.to_string()));
    let derived = &requester.body["events"][0]["data"]["derived"];
    assert!(derived["age_band"].is_string(), "{}", requester.text);
    assert!(!requester.text.contains("asked_before"));
    let other = again(&served, "hv.ayr", &[]).await;
    let requester = seen(&served, other, "hv.ayr").await;
    assert_eq!(prompt(&requester), (1, vec![second.to_string()]));
    // Each goes its own way.
    let ends = json!({ "reason": "Invented." });
    let withdrawn = served.make(first, "withdraw", "head.girvan", ends).await;
    assert_eq!(withdrawn.status, StatusCode::OK, "{}", withdrawn.text);
    let team = seen(&served, second, "duty.carrick").await;
    assert_eq!(team.body["state"]["name"], "sent", "{}", team.text);
}

/// For the same child, first asked for so many days ago.
async fn entered_late(served: &Served, days_ago: i64) -> String {
    let mut data = example("send");
    let asked = now() - SignedDuration::from_hours(24 * days_ago);
    data["received_at"] = json!(asked);
    let body = json!({ "data": data });
    let sent = served.post("/requests", "head.girvan", body).await;
    assert_eq!(sent.status, StatusCode::CREATED, "{}", sent.text);
    let id = serde_json::from_value(sent.body["request_id"].clone()).unwrap();
    asked_before(&seen(served, id, "lead.carrick").await).to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_earlier_request_is_one_that_was_asked_for_earlier_whenever_it_was_entered() {
    let served = Served::start().await;
    assert_eq!(entered_late(&served, 300).await, "first-time");
    assert_eq!(entered_late(&served, 200).await, "within-6-months");
    assert_eq!(entered_late(&served, 340).await, "first-time");
    assert_eq!(entered_late(&served, 0).await, "within-a-year");
    assert_eq!(entered_late(&served, 100).await, "within-6-months");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_team_learns_that_another_has_a_request_for_the_child_and_not_which() {
    let served = Served::start().await;
    let first = served.sent().await;
    let second = again(&served, "hv.ayr", &[]).await;
    let elsewhere =
        json!({ "team": "ayr-north-team", "because": "family-moved", "reason": "Invented." });
    let passed = served
        .make(second, "pass-on", "duty.carrick", elsewhere)
        .await;
    assert_eq!(passed.status, StatusCode::OK, "{}", passed.text);
    let there = seen(&served, second, "duty.ayr-north").await;
    assert_eq!(prompt(&there), (1, vec![]));
    assert!(!there.text.contains(&first.to_string()));
    assert_eq!(
        seen(&served, first, "duty.ayr-north").await.status,
        StatusCode::NOT_FOUND
    );
}
