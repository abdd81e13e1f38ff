//! Every way of reading, by everybody, in every kind of state: whoever has nothing to do with a
//! request finds neither it nor what was written in it.

use crate::support::client::{Served, example};
use crate::support::until;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::time::Duration;
use uuid::Uuid;

/// Answers without a caller.
const PUBLIC: [&str; 6] = [
    "/livez",
    "/readyz",
    "/openapi",
    "/openapi.json",
    "/asyncapi.json",
    "/schemas/event-1",
];
/// Only who gives help, asks for it or answers for that may read what was written.
const WRITTEN: [&str; 3] = ["Invented:", "2018-05-14", "Example (invented)"];
const TEAMS: [&str; 3] = ["carrick-team", "ayr-north-team", "initial-response"];

/// The routes that read, from the published description, with everything that fits in their places.
async fn reading_routes(served: &Served, request: Uuid) -> Vec<String> {
    let described = served.get("/openapi.json", "head.girvan").await;
    let paths = described.body["paths"].as_object().unwrap();
    let mut routes = Vec::new();
    for path in paths.iter().filter(|(_, item)| item["get"].is_object()) {
        let named = match path.0.as_str() {
            "/teams/{id}/queue" => TEAMS.map(|team| format!("/teams/{team}/queue")).to_vec(),
            "/response-times" | "/response-times/requests" => {
                vec![format!("{}?clock=acknowledge", path.0)]
            }
            "/workflows/{name}/{version}" => {
                vec!["/workflows/request-for-assistance/1".to_owned()]
            }
            other => vec![
                other
                    .replace("/requests/{id}", &format!("/requests/{request}"))
                    .replace("{clock}", "acknowledge")
                    .replace("{month}", "2026-01")
                    .replace("/schemas/{name}", "/schemas/event-1")
                    .replace("/measures/{id}", "/measures/views-before-decision"),
            ],
        };
        routes.extend(named);
    }
    assert!(routes.len() >= 20, "{routes:?}");
    assert!(
        !routes.iter().any(|route| route.contains('{')),
        "{routes:?}"
    );
    routes
}

struct Sweep {
    request: Uuid,
    reference: String,
    /// Who may find the request at all.
    may_find: BTreeSet<&'static str>,
    /// Who may read what was written, too.
    may_read: BTreeSet<&'static str>,
}

impl Sweep {
    async fn run(&self, served: &Served, routes: &[String], stage: &str) {
        let people: Vec<String> = served.people().map(str::to_owned).collect();
        let mut found_by: BTreeSet<String> = BTreeSet::new();
        for route in routes {
            for person in &people {
                let answer = served.get(route, person).await;
                let at = format!("{stage}: {route} by {person}: {}", answer.status);
                let status = answer.status;
                assert!(
                    status.is_success() || matches!(status.as_u16(), 400 | 403 | 404),
                    "{at}: {}",
                    answer.text
                );
                // Whoever asks by an id knows it already, so that a refusal may repeat the address.
                let shown = if status.is_success() {
                    &answer.text
                } else {
                    ""
                };
                let finds =
                    shown.contains(&self.reference) || shown.contains(&self.request.to_string());
                if finds {
                    assert!(self.may_find.contains(person.as_str()), "{at} finds it");
                    found_by.insert(person.clone());
                }
                let reads = WRITTEN.iter().any(|words| answer.text.contains(words));
                if reads && route.contains(&self.request.to_string()) {
                    assert!(self.may_read.contains(person.as_str()), "{at} reads it");
                }
            }
        }
        // The sweep sees something: those who may do find it.
        let expected: BTreeSet<String> = self.may_find.iter().map(|&p| p.to_owned()).collect();
        assert_eq!(found_by, expected, "{stage}");
    }
}

/// Every read table has come to the end of the log.
async fn settled(served: &Served) {
    let behind = "select count(*) from reader.cursors where name like 'projection/%' \
                  and position < (select max(last_position) from event_log.appends)";
    let client = served.database().connect().await;
    until(
        "the read tables are at the end of the log",
        Duration::from_secs(20),
        async || {
            let count: i64 = client.query_one(behind, &[]).await.unwrap().get(0);
            (count == 0).then_some(())
        },
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_has_nothing_to_do_with_a_request_finds_it_by_no_route_in_no_state() {
    let served = Served::start().await;
    let request = served.sent().await;
    let routes = reading_routes(&served, request).await;
    let seen = served
        .get(&format!("/requests/{request}"), "head.girvan")
        .await;
    let mut sweep = Sweep {
        request,
        reference: seen.body["reference"].as_str().unwrap().to_owned(),
        may_find: BTreeSet::from([
            "head.girvan",
            "school.system",
            "duty.carrick",
            "lead.carrick",
            "deputy.carrick",
            "manager.service",
        ]),
        may_read: BTreeSet::from([
            "head.girvan",
            "lead.carrick",
            "deputy.carrick",
            "duty.carrick",
        ]),
    };
    settled(&served).await;
    sweep.run(&served, &routes, "sent").await;

    let agree = example("agree-to-help");
    let agreed = served
        .make(request, "agree-to-help", "lead.carrick", agree)
        .await;
    assert_eq!(agreed.status, StatusCode::OK, "{}", agreed.text);
    settled(&served).await;
    sweep.run(&served, &routes, "agreed").await;

    let concern = served
        .make(
            request,
            "pass-on-child-protection-concern",
            "duty.carrick",
            example("pass-on-child-protection-concern"),
        )
        .await;
    assert_eq!(concern.status, StatusCode::OK, "{}", concern.text);
    settled(&served).await;
    sweep.may_find.insert("social.work");
    sweep.may_read.insert("social.work");
    sweep.run(&served, &routes, "concern passed on").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_token_only_the_signs_of_life_and_the_description_are_read() {
    let served = Served::start().await;
    let routes = reading_routes(&served, Uuid::nil()).await;
    let client = reqwest::Client::new();
    for route in &routes {
        let url = format!("{}{route}", served.process.http);
        for token in [None, Some("no-such-token")] {
            let mut call = client.request(Method::GET, &url);
            if let Some(token) = token {
                call = call.bearer_auth(token);
            }
            let answer = call.send().await.unwrap();
            let status = answer.status().as_u16();
            let body: Value = answer.json().await.unwrap_or(Value::Null);
            if PUBLIC.contains(&route.as_str()) {
                assert_eq!(status, 200, "{route}");
            } else {
                assert_eq!(status, 401, "{route}: {body}");
                assert_eq!(body["status"], json!(401), "{route}");
            }
        }
    }
}
