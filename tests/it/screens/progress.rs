//! How far a request has come, in words that are true: the child's wait, the date that is expected, and
//! what is to be done next.

use super::Visitor;
use crate::support::client::{Served, example};
use crate::support::until;
use reqwest::StatusCode;
use reqwest::header::SET_COOKIE;
use serde_json::json;
use std::time::Duration;
use uuid::Uuid;

async fn as_person(served: &Served, person: &str) -> Visitor {
    Visitor::signed_in(&served.process.http, person).await
}

async fn act(served: &Served, request: Uuid, (name, by): (&str, &str), data: serde_json::Value) {
    let made = served.make(request, name, by, data).await;
    assert_eq!(made.status, StatusCode::OK, "{name}: {}", made.text);
}

async fn agreed(served: &Served, told: bool) -> Uuid {
    let request = served.sent().await;
    let mut data = example("agree-to-help");
    data["requester_told"] = json!(told);
    act(served, request, ("agree-to-help", "lead.carrick"), data).await;
    request
}

#[tokio::test(flavor = "multi_thread")]
async fn the_childs_wait_ends_when_help_starts() {
    let served = Served::start().await;
    let request = agreed(&served, true).await;
    let worker = json!({ "worker": "duty.carrick" });
    act(&served, request, ("name-worker", "lead.carrick"), worker).await;
    let path = format!("/requests/{request}/clocks");
    let waiting = served.get(&path, "head.girvan").await;
    assert!(waiting.body["child"]["helped_at"].is_null());
    let start = ("start-help", "duty.carrick");
    act(&served, request, start, example("start-help")).await;
    let clocks = served.get(&path, "head.girvan").await;
    let child = &clocks.body["child"];
    assert!(child["helped_at"].is_string(), "{}", clocks.text);
    let page = format!("/app/requests/{request}");
    let worker = as_person(&served, "duty.carrick").await;
    let seen = worker.get(&page).await;
    seen.says("Help has been given for");
    seen.says_not("The child has waited");
    let head = as_person(&served, "head.girvan").await;
    let queue = until("help in the queue", Duration::from_secs(20), || async {
        let queue = worker.get("/app/teams/carrick-team").await;
        queue.text.contains("helped for 0 days").then_some(queue)
    })
    .await;
    // After help has started a review is owed, now and after every review.
    queue.says("The next review is held");
    // Once the decision was read, the request stands among the others.
    head.get(&page).await.says("What was decided");
    let mine = head.get("/app/mine").await;
    mine.says("Help has been given for");
    let review = ("review", "duty.carrick");
    act(&served, request, review, example("review")).await;
    worker.get(&page).await.says("The next review is held");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_due_first_has_the_first_button() {
    let served = Served::start().await;
    let request = agreed(&served, false).await;
    let page = format!("/app/requests/{request}");
    let duty = as_person(&served, "duty.carrick").await;
    let seen = duty.get(&page).await;
    let first = format!("<a class=\"ds_button\" href=\"{page}/moves/tell-requester\">");
    assert_eq!(seen.text.matches(&first).count(), 1, "{}", seen.text);
    let other = format!("<a class=\"ds_button ds_button--secondary\" href=\"{page}/moves/");
    assert!(seen.text.find(&first) < seen.text.find(&other));
    let told = json!({ "how": "phone" });
    act(&served, request, ("tell-requester", "duty.carrick"), told).await;
    let knows = json!({
        "told": "not-safe-to-tell", "told_at": "2026-01-05T09:00:00Z", "why_not": "Invented."
    });
    act(&served, request, ("tell-family", "duty.carrick"), knows).await;
    let lead = as_person(&served, "lead.carrick").await;
    let first = format!("<a class=\"ds_button\" href=\"{page}/moves/name-worker\">");
    lead.get(&page).await.says(&first);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_date_that_is_expected_stands_beside_the_one_that_was_promised() {
    let served = Served::start().await;
    let request = agreed(&served, true).await;
    let wait = json!({ "why": "no-worker-free", "family_told": true, "expected_on": "2999-01-20" });
    act(&served, request, ("wait", "lead.carrick"), wait).await;
    let seen = served
        .get(&format!("/requests/{request}"), "head.girvan")
        .await;
    assert_eq!(seen.body["expected"]["on"], "2999-01-20", "{}", seen.text);
    assert_eq!(seen.body["expected"]["because"], "no-worker-free");
    assert!(seen.body["expected"]["promised_at"].is_string());
    let head = as_person(&served, "head.girvan").await;
    let page = format!("/app/requests/{request}");
    let words = "We now expect it on 20 January 2999, because no worker is free.";
    for place in [page.as_str(), "/app/mine"] {
        let seen = until(place, Duration::from_secs(20), || async {
            let seen = head.get(place).await;
            seen.text.contains(words).then_some(seen)
        })
        .await;
        seen.says("We said by");
    }
    let lead = as_person(&served, "lead.carrick").await;
    let list = "/app/figures/caseload?team=carrick-team&part=waiting";
    let list = until("the waiting list", Duration::from_secs(20), || async {
        let list = lead.get(list).await;
        list.text.contains("20 January 2999").then_some(list)
    })
    .await;
    list.says("Expected");
    list.says("Promised");
    // Once more is for the leader alone.
    let duty = as_person(&served, "duty.carrick").await;
    let later = format!("{page}/moves/postpone");
    let refused = duty.get(&later).await;
    assert_eq!(refused.status, StatusCode::CONFLICT, "{}", refused.text);
    let again =
        json!({ "why": "no-worker-free", "family_told": true, "expected_on": "2999-02-20" });
    act(&served, request, ("postpone", "lead.carrick"), again).await;
    head.get(&page)
        .await
        .says("We now expect it on 20 February 2999");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_of_success_comes_from_the_receipt_and_once() {
    let served = Served::start().await;
    let request = served.sent().await;
    let page = format!("/app/requests/{request}");
    let duty = as_person(&served, "duty.carrick").await;
    let words = "You have claimed this request";
    let message = format!("{words}. What was written");
    let written = duty.get(&format!("{page}?done=claim")).await;
    written.says_not(&message);
    let claimed = duty.post(&format!("{page}/claim"), &[("key", "one")]).await;
    assert_eq!(claimed.location(), page);
    let told = claimed.headers[SET_COOKIE].to_str().unwrap();
    let told = told.split(';').next().unwrap().to_owned();
    let with = |visitor: &Visitor, path: &str| {
        let cookies = format!("{}; {told}", visitor.cookie());
        visitor.call_with(path, &cookies)
    };
    let first = duty.send(with(&duty, &page)).await;
    first.says(&message);
    let gone = first.headers[SET_COOKIE].to_str().unwrap();
    assert!(gone.contains("Max-Age=0"), "{gone}");
    duty.get(&page).await.says_not(&message);
    // Nobody else is told, and of nothing else; and nobody can write such a message.
    let lead = as_person(&served, "lead.carrick").await;
    lead.send(with(&lead, &page)).await.says_not(&message);
    let other = format!("/app/requests/{}", served.sent().await);
    duty.send(with(&duty, &other)).await.says_not(&message);
    let (value, mac) = told.rsplit_once('.').unwrap();
    let forged = format!("{}; {value}x.{mac}", duty.cookie());
    duty.send(duty.call_with(&page, &forged))
        .await
        .says_not(&message);
}
