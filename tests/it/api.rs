//! Bad input: a problem document that says what, where and what is allowed, without the value; and
//! nothing is appended.

use crate::support::client::{Answer, Served, example};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use uuid::Uuid;

/// Nobody may see this again.
const CANARY: &str = "Kanarienvogel";

fn is_problem(answer: &Answer, status: u16, what: &str) {
    assert_eq!(answer.status.as_u16(), status, "{what}: {}", answer.text);
    let media = answer.headers["content-type"].to_str().unwrap();
    assert_eq!(media, "application/problem+json", "{what}");
    for member in ["type", "title", "detail", "instance"] {
        assert!(
            answer.body[member].is_string(),
            "{what} has no {member}: {}",
            answer.text
        );
    }
    assert!(
        !answer.text.contains(CANARY),
        "{what} echoes: {}",
        answer.text
    );
}

async fn post(served: &Served, body: Vec<u8>) -> Answer {
    served
        .call(Method::POST, "/requests", "head.girvan")
        .key(&Uuid::new_v4().to_string())
        .header("Content-Type", "application/json")
        .bytes(body)
        .send()
        .await
}

/// The example with one thing changed.
fn with(pointer: &str, value: Value) -> Vec<u8> {
    let mut data = example("send");
    match data.pointer_mut(pointer) {
        Some(place) => *place = value,
        None => {
            let (parent, name) = pointer.rsplit_once('/').unwrap();
            data.pointer_mut(parent).unwrap()[name] = value;
        }
    }
    json!({ "data": data }).to_string().into_bytes()
}

fn pointers(answer: &Answer) -> Vec<String> {
    let errors = answer.body["errors"]
        .as_array()
        .cloned()
        .unwrap_or_default();
    errors
        .iter()
        .map(|error| error["pointer"].as_str().unwrap().to_owned())
        .collect()
}

async fn events(served: &Served) -> i64 {
    let count = "select count(*) from event_log.events where stream_kind = 'request'";
    served
        .database()
        .connect()
        .await
        .query_one(count, &[])
        .await
        .unwrap()
        .get(0)
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_data_is_named_by_pointer_with_what_is_allowed() {
    let served = Served::start().await;
    let cases = [
        (
            "an unknown field",
            with(&format!("/{CANARY}"), json!(1)),
            "/data",
        ),
        ("a wrong type", with("/urgency", json!(7)), "/data/urgency"),
        (
            "a code that is none",
            with("/urgency", json!(CANARY)),
            "/data/urgency",
        ),
        (
            "an unknown cluster",
            with("/child/cluster", json!(CANARY)),
            "/data/child/cluster",
        ),
        (
            "a birth date in the future",
            with("/child/date_of_birth", json!("2199-01-01")),
            "/data/child/date_of_birth",
        ),
        (
            "a date that is none",
            with("/child/date_of_birth", json!("2026-02-30")),
            "/data/child/date_of_birth",
        ),
        ("nobody's views", with("/views", json!([])), "/data/views"),
        (
            "NUL",
            with("/going_well", json!("Invented\u{0}")),
            "/data/going_well",
        ),
    ];
    for (what, body, pointer) in cases {
        let answer = post(&served, body).await;
        is_problem(&answer, 422, what);
        assert!(
            pointers(&answer).iter().any(|p| p == pointer),
            "{what}: {}",
            answer.text
        );
        let allowed = answer.body["errors"][0]["allowed"].as_str();
        assert!(
            allowed.is_some_and(|text| !text.is_empty()),
            "{what}: {}",
            answer.text
        );
    }
    let mut missing = example("send");
    missing.as_object_mut().unwrap().remove("urgency");
    let answer = post(&served, json!({ "data": missing }).to_string().into_bytes()).await;
    is_problem(&answer, 422, "a missing field");
    let unborn = with("/child/unborn", json!(true));
    is_problem(
        &post(&served, unborn).await,
        422,
        "unborn with a date of birth",
    );
    assert_eq!(events(&served).await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn bytes_that_are_no_request_are_refused_before_they_are_read_as_one() {
    let served = Served::start().await;
    let deep = format!("{{\"data\":{}1{}}}", "[".repeat(40), "]".repeat(40));
    let large = format!("{{\"data\":\"{}\"}}", "x".repeat(300 * 1024));
    let cases: Vec<(&str, Vec<u8>, u16)> = vec![
        ("too deep", deep.into_bytes(), 400),
        ("too large", large.into_bytes(), 413),
        ("no JSON", b"{\"data\":".to_vec(), 400),
        ("no UTF-8", b"{\"data\":\"\xff\xfe\"}".to_vec(), 400),
        ("a key twice", b"{\"data\":{},\"data\":{}}".to_vec(), 400),
        ("nothing", Vec::new(), 400),
    ];
    for (what, body, status) in cases {
        is_problem(&post(&served, body).await, status, what);
    }
    let form = served
        .call(Method::POST, "/requests", "head.girvan")
        .key("form")
        .header("Content-Type", "text/plain")
        .bytes(b"{}".to_vec())
        .send()
        .await;
    is_problem(&form, 415, "another media type");
    assert_eq!(events(&served).await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_versions_and_tokens_are_asked_for_and_checked() {
    let served = Served::start().await;
    let body = json!({ "data": example("send") });
    let without_key = served
        .call(Method::POST, "/requests", "head.girvan")
        .json(body)
        .send()
        .await;
    is_problem(&without_key, 400, "no Idempotency-Key");
    let request = served.sent().await;
    let path = format!("/requests/{request}/moves/tell-requester");
    let make = |version: Option<&'static str>| {
        let call = served
            .call(Method::POST, &path, "duty.carrick")
            .key(&Uuid::new_v4().to_string());
        let call = match version {
            Some(version) => call.header("If-Match", version),
            None => call,
        };
        call.json(json!({ "data": { "how": "phone" } })).send()
    };
    is_problem(&make(None).await, 428, "no If-Match");
    is_problem(&make(Some("\"9\"")).await, 412, "a stale If-Match");
    is_problem(&make(Some("-1")).await, 400, "an If-Match that is none");
    assert_eq!(make(Some("\"1\"")).await.status, StatusCode::OK);
    let too_early = format!("/requests/{request}/moves/start-help");
    let again = served
        .call(Method::POST, &too_early, "duty.carrick")
        .key("again")
        .header("If-Match", "\"2\"")
        .json(json!({ "data": example("start-help") }))
        .send()
        .await;
    is_problem(&again, 409, "a move that the state does not allow");
    assert!(
        again.body["allowed"]
            .as_array()
            .is_some_and(|moves| !moves.is_empty()),
        "{}",
        again.text
    );
    let nobody = reqwest::get(format!("{}/requests", served.process.http))
        .await
        .unwrap();
    assert_eq!(nobody.status(), StatusCode::UNAUTHORIZED);
    assert_eq!(events(&served).await, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_one_may_not_see_answers_as_one_that_is_not_there() {
    let served = Served::start().await;
    let request = served.sent().await;
    let hidden = served
        .get(&format!("/requests/{request}"), "duty.ayr-north")
        .await;
    let absent = served
        .get(&format!("/requests/{}", Uuid::now_v7()), "duty.ayr-north")
        .await;
    is_problem(&hidden, 404, "hidden");
    let without_instance = |answer: &Answer| {
        let mut body = answer.body.clone();
        body["instance"] = Value::Null;
        body
    };
    assert_eq!(without_instance(&hidden), without_instance(&absent));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_document_is_openapi_3_1_and_has_a_page() {
    let served = Served::start().await;
    let document: Value = reqwest::get(format!("{}/openapi.json", served.process.http))
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    assert!(document["openapi"].as_str().unwrap().starts_with("3.1"));
    for path in [
        "/requests",
        "/requests/{id}/moves/{move}",
        "/teams/{id}/queue",
        "/response-times",
    ] {
        assert!(document["paths"][path].is_object(), "{path}");
    }
    let page = reqwest::get(format!("{}/openapi", served.process.http))
        .await
        .unwrap();
    let page = page.text().await.unwrap();
    assert!(page.contains("<h1") && page.contains("<code>team</code>"));
    let (prose, _shapes) = page.split_once("<pre").unwrap();
    assert!(!prose.contains('`'), "code is marked up");
}
