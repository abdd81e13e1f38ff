//! The child's plan over HTTP: who sees which actions, and who may settle them.

use crate::support::client::{Answer, Served, example};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use uuid::Uuid;

async fn act(served: &Served, request: Uuid, by: &str, name: &str, body: Value) -> Answer {
    let seen = served.get(&format!("/requests/{request}"), by).await;
    let version = seen.etag.unwrap_or_else(|| "\"0\"".to_owned());
    let path = format!("/requests/{request}/moves/{name}");
    let call = served.call(Method::POST, &path, by);
    let key = Uuid::new_v4().to_string();
    call.key(&key)
        .header("If-Match", &version)
        .json(body)
        .send()
        .await
}

fn planned(what: &str, who: [&str; 2], by: &str) -> Value {
    json!({ "move": "plan-action", "data": { "what": what, who[0]: who[1], "by": by, "words": format!("Invented {what}") } })
}

/// Agreed, with a health check for the health service and a talk for a guidance teacher.
async fn with_a_plan(served: &Served) -> Uuid {
    let request = served.sent().await;
    let mut agreed = example("agree-to-help");
    agreed["worker"] = json!("duty.carrick");
    let body = json!({ "data": agreed, "then": [
        planned("health-check", ["agency", "nhs"], "2020-06-14"),
        planned("support-in-class", ["who", "guidance.queen-margaret"], "2999-06-26"),
    ] });
    served.claimed(request, "duty.carrick").await;
    let answer = act(served, request, "duty.carrick", "agree-to-help", body).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    request
}

fn numbers(answer: &Answer) -> Vec<u64> {
    let actions = answer.body["actions"].as_array();
    actions
        .into_iter()
        .flatten()
        .map(|a| a["number"].as_u64().unwrap())
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_to_do_an_action_sees_that_one_and_settles_it() {
    let served = Served::start().await;
    let request = with_a_plan(&served).await;
    let path = format!("/requests/{request}");

    let worker = served.get(&path, "duty.carrick").await;
    assert_eq!(numbers(&worker), [1, 2]);
    assert_eq!(
        worker.body["still_open"],
        "2 actions of the child's plan are open: 1 (health check, by nhs, due 14 June 2020); \
         2 (support in class, by guidance.queen-margaret, due 26 June 2999)."
    );
    assert_eq!(worker.body["actions"][0]["overdue"], true);
    assert_eq!(worker.body["actions"][1]["overdue"], false);

    // A health visitor is of the agency; what she reads is her own action and no more.
    let nurse = served.get(&path, "hv.ayr").await;
    assert_eq!(nurse.status, StatusCode::OK, "{}", nurse.text);
    assert_eq!(numbers(&nurse), [1]);
    assert_eq!(nurse.body["still_open"], Value::Null);
    assert!(
        nurse.text.contains("Invented health-check"),
        "{}",
        nurse.text
    );
    assert!(!nurse.text.contains("support-in-class"), "{}", nurse.text);
    let shown = nurse.body["events"].as_array().unwrap();
    let shown: Vec<&Value> = shown.iter().map(|event| &event["name"]).collect();
    assert_eq!(
        shown,
        [
            "restricted",
            "restricted",
            "restricted",
            "restricted",
            "action-planned",
            "restricted"
        ]
    );
    assert_eq!(
        served.get(&path, "lead-professional.ayr").await.status,
        StatusCode::NOT_FOUND
    );

    let other = json!({ "data": { "action": 2 } });
    let refused = act(&served, request, "hv.ayr", "do-action", other).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN, "{}", refused.text);
    let own = json!({ "data": { "action": 1, "words": "Invented: all well" } });
    let done = act(&served, request, "hv.ayr", "do-action", own).await;
    assert_eq!(done.status, StatusCode::OK, "{}", done.text);

    // With nothing left to do, she is as much a stranger as before.
    assert_eq!(
        served.get(&path, "hv.ayr").await.status,
        StatusCode::NOT_FOUND
    );
    let worker = served.get(&path, "duty.carrick").await;
    assert_eq!(worker.body["actions"][0]["standing"], "done");
    assert!(worker.text.contains("Invented: all well"));
}

#[tokio::test(flavor = "multi_thread")]
async fn help_that_finished_says_what_is_still_to_be_done() {
    let served = Served::start().await;
    let request = with_a_plan(&served).await;
    let end = example("end");
    let refused = act(
        &served,
        request,
        "duty.carrick",
        "end",
        json!({ "data": end }),
    )
    .await;
    assert_eq!(refused.status, StatusCode::CONFLICT, "{}", refused.text);
    assert_eq!(
        refused.body["detail"],
        "`end` is not possible now: Something in the child's plan is not done yet. Settle it first, \
         or say here that the rest is no longer needed. 2 actions of the child's plan are open: \
         1 (health check, by nhs, due 14 June 2020); \
         2 (support in class, by guidance.queen-margaret, due 26 June 2999)."
    );
    // In the same command: one is done, the rest is let go.
    let mut end = end;
    end["rest_not_needed"] = json!(true);
    let body = json!({ "data": { "action": 1 }, "then": [{ "move": "end", "data": end }] });
    let ended = act(&served, request, "duty.carrick", "do-action", body).await;
    assert_eq!(ended.status, StatusCode::OK, "{}", ended.text);
    let seen = served
        .get(&format!("/requests/{request}"), "duty.carrick")
        .await;
    assert_eq!(seen.body["state"]["name"], "ended");
    let standing = ["done", "not-needed"].map(Value::from);
    let found: Vec<&Value> = seen.body["actions"]
        .as_array()
        .unwrap()
        .iter()
        .map(|a| &a["standing"])
        .collect();
    assert_eq!(found, standing.iter().collect::<Vec<_>>());
    assert_eq!(seen.body["still_open"], Value::Null);
}
