//! Who may be named in a request, and what a named person may see of it.

use crate::support::WorkflowFiles;
use crate::support::client::{Served, example};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

#[tokio::test(flavor = "multi_thread")]
async fn a_request_is_given_only_to_people_and_teams_that_can_work_on_it() {
    let served = Served::start().await;
    let request = served.sent().await;
    let views = example("agree-to-help");
    let then = json!([{ "move": "agree-to-help", "data": { "worker": "zz.nobody" } }]);
    let attempts = [
        (
            "change-named-person",
            json!({ "named_person": "school.system", "why": "away" }),
        ),
        (
            "change-named-person",
            json!({ "named_person": "duty.carrick", "why": "away" }),
        ),
        (
            "pass-on",
            json!({ "team": "around-carrick", "reason": "Invented." }),
        ),
    ];
    for (name, data) in attempts {
        let refused = served
            .make(request, name, "duty.carrick", data.clone())
            .await;
        assert_eq!(
            refused.status,
            StatusCode::UNPROCESSABLE_ENTITY,
            "{}",
            refused.text
        );
        let field = if name == "pass-on" {
            "team"
        } else {
            "named_person"
        };
        assert_eq!(
            refused.body["errors"][0]["pointer"],
            format!("/data/{field}")
        );
    }
    let mut data = views;
    data["worker"] = then[0]["data"]["worker"].clone();
    served.claimed(request, "duty.carrick").await;
    let path = format!("/requests/{request}/moves/tell-requester");
    let refused = served
        .call(Method::POST, &path, "duty.carrick")
        .key("then")
        .header("If-Match", "\"3\"")
        .json(json!({ "data": { "how": "phone" }, "then": [{ "move": "agree-to-help", "data": data }] }))
        .send()
        .await;
    assert_eq!(
        refused.body["errors"][0]["pointer"], "/then/0/data/worker",
        "{}",
        refused.text
    );
    let seen = served
        .get(&format!("/requests/{request}"), "duty.carrick")
        .await;
    assert_eq!(seen.etag.as_deref(), Some("\"3\""), "nothing was appended");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_comes_back_to_its_first_named_person_is_on_their_list() {
    let served = Served::start().await;
    let request = served.sent().await;
    let mut position = Value::Null;
    for (named_person, by) in [("hv.ayr", "head.girvan"), ("head.girvan", "hv.ayr")] {
        let change = json!({ "named_person": named_person, "why": "away" });
        let changed = served
            .make(request, "change-named-person", by, change)
            .await;
        assert_eq!(changed.status, StatusCode::OK, "{}", changed.text);
        position = changed.body["position"].clone();
    }
    let path = format!("/requests?min_position={}", position.as_str().unwrap());
    let list = served.get(&path, "school.system").await;
    assert_eq!(
        list.body["requests"][0]["id"],
        request.to_string(),
        "{}",
        list.text
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_has_lost_every_role_has_lost_their_access() {
    let files = WorkflowFiles::copied("without-roles");
    let grant = "grants: [ { role: locality-worker, team: carrick-team } ]";
    files.change("people/demonstration.yaml", grant, "grants: []");
    let served = Served::by(files.folder()).await;
    for path in ["/requests", "/teams/carrick-team/queue", "/workflows"] {
        let answer = served.get(path, "duty.carrick").await;
        assert_eq!(
            answer.status,
            StatusCode::UNAUTHORIZED,
            "{path}: {}",
            answer.text
        );
    }
}
