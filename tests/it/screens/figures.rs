//! Figures, what they open to, and pages that hear of changes.

use super::Visitor;
use crate::support::client::{Served, example};
use crate::support::until;
use reqwest::{Method, StatusCode};
use std::time::Duration;

async fn manager(served: &Served) -> Visitor {
    Visitor::signed_in(&served.process.http, "manager.service").await
}

#[tokio::test(flavor = "multi_thread")]
async fn every_number_opens_to_its_requests_and_their_events() {
    let served = Served::start().await;
    let request = served.sent().await;
    let visitor = manager(&served).await;
    let link = "/app/figures/opened?clock=acknowledge&amp;part=started";
    let page = until("the figures", Duration::from_secs(20), || async {
        let page = visitor.get("/app/figures").await;
        page.text.contains(link).then_some(page)
    })
    .await;
    page.says("A person has seen the request");
    page.says("Requests without an owner");
    page.says("Who holds how much");
    page.says("Carrick and Girvan locality team");
    page.says("<svg");
    page.says("The same as a table");
    page.says_not("<style");
    page.says_not("Robin");
    let opened = visitor.get(&link.replace("&amp;", "&")).await;
    opened.says("<strong>1 wait</strong>");
    opened.says("Request sent");
    opened.says("still open");
    let path = format!("/requests/{request}");
    let seen = served.get(&path, "head.girvan").await;
    opened.says(&format!(
        "Request {}",
        seen.body["reference"].as_str().unwrap()
    ));
    // Rank opens no request.
    let (_, rest) = opened.text.split_once("aria-labelledby=\"r-").unwrap();
    let id = &rest[..36];
    let refused = visitor.get(&format!("/app/requests/{id}")).await;
    assert_eq!(refused.status, StatusCode::NOT_FOUND, "{id}");
    let stranger = Visitor::signed_in(&served.process.http, "head.girvan").await;
    let refused = stranger.get("/app/figures").await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_caseload_opens_to_its_requests_for_those_who_answer_for_the_team() {
    let served = Served::start().await;
    let request = served.sent().await;
    let seen = served
        .get(&format!("/requests/{request}"), "head.girvan")
        .await;
    let reference = seen.body["reference"].as_str().unwrap().to_owned();
    let visitor = manager(&served).await;
    let link = "/app/figures/caseload?team=carrick-team&amp;part=open";
    until("the caseload", Duration::from_secs(20), || async {
        let page = visitor.get("/app/figures").await;
        page.text.contains(link).then_some(())
    })
    .await;
    let opened = visitor.get(&link.replace("&amp;", "&")).await;
    assert_eq!(opened.status, StatusCode::OK, "{}", opened.text);
    opened.says("<strong>1 request</strong>");
    opened.says(&format!("Request {reference}"));
    opened.says("Sent");
    // Rank opens no request, and nothing is told of the child.
    opened.says_not(&format!("/app/requests/{request}"));
    opened.says_not("Robin");
    let path = "/caseloads/requests?team=carrick-team";
    let told = served.get(path, "manager.service").await;
    assert_eq!(told.body["count"], 1, "{}", told.text);
    assert_eq!(told.body["requests"][0]["reference"], reference.as_str());
    let claimed = format!("{path}&part=claimed");
    let told = served.get(&claimed, "manager.service").await;
    assert_eq!(told.body["count"], 0, "{}", told.text);
    let lead = Visitor::signed_in(&served.process.http, "lead.carrick").await;
    let theirs = lead.get(&link.replace("&amp;", "&")).await;
    theirs.says(&format!("/app/requests/{request}"));
    for (person, status) in [
        ("lead.carrick", StatusCode::OK),
        ("duty.carrick", StatusCode::FORBIDDEN),
        ("head.girvan", StatusCode::FORBIDDEN),
    ] {
        let told = served.get(path, person).await;
        assert_eq!(told.status, status, "{person}: {}", told.text);
    }
    let wrong = served.get("/caseloads/requests", "manager.service").await;
    assert_eq!(wrong.status, StatusCode::BAD_REQUEST, "{}", wrong.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn which_request_is_with_child_protection_is_told_to_its_team_alone() {
    let served = Served::start().await;
    let request = served.sent().await;
    let concern = "pass-on-child-protection-concern";
    let passed = served
        .make(request, concern, "duty.carrick", example(concern))
        .await;
    assert_eq!(passed.status, StatusCode::OK, "{}", passed.text);
    let path = "/caseloads/requests?team=carrick-team";
    let told = until("the caseload", Duration::from_secs(20), || async {
        let told = served.get(path, "lead.carrick").await;
        let state = told.body["requests"][0]["state"].as_str();
        (state == Some("moved-to-another-process")).then_some(told)
    })
    .await;
    assert_eq!(told.body["requests"][0]["id"], request.to_string());
    let told = served.get(path, "manager.service").await;
    assert_eq!(told.body["count"], 1, "{}", told.text);
    assert_eq!(told.body["not_open_to_you"], 1, "{}", told.text);
    assert!(!told.text.contains(&request.to_string()), "{}", told.text);
    let manager = Visitor::signed_in(&served.process.http, "manager.service").await;
    let page = manager
        .get("/app/figures/caseload?team=carrick-team&part=open")
        .await;
    page.says("1 of them is in another process");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_day_that_cannot_be_asked_about_is_told_beside_its_field() {
    let served = Served::start().await;
    served.sent().await;
    let visitor = manager(&served).await;
    for day in ["2030-01-01", "1999-01-01", "x%22%3E%3Cb%3E"] {
        let page = visitor
            .get(&format!("/app/figures?as_known_on={day}"))
            .await;
        assert_eq!(page.status, StatusCode::OK, "{day}: {}", page.text);
        page.says("Choose a day that has passed");
        page.says_not("\"><b>");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_concern_is_counted_for_the_manager_and_named_to_those_who_answer() {
    let served = Served::start().await;
    let request = served.sent().await;
    let concern = example("pass-on-child-protection-concern");
    let passed = served
        .make(
            request,
            "pass-on-child-protection-concern",
            "duty.carrick",
            concern,
        )
        .await;
    assert_eq!(passed.status, StatusCode::OK, "{}", passed.text);
    let manager = manager(&served).await;
    let page = until("the concern", Duration::from_secs(20), || async {
        let page = manager.get("/app/concerns").await;
        page.text.contains("1 concern waits").then_some(page)
    })
    .await;
    page.says("open to those who answer them");
    page.says_not(&request.to_string());
    let answers = Visitor::signed_in(&served.process.http, "social.work").await;
    answers
        .get("/app/concerns")
        .await
        .says(&request.to_string());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_hears_that_something_changed_and_not_what() {
    let served = Served::start().await;
    let visitor = Visitor::signed_in(&served.process.http, "duty.carrick").await;
    let mut stream = visitor.call(Method::GET, "/app/live").send().await.unwrap();
    assert_eq!(stream.headers()["content-type"], "text/event-stream");
    let request = served.sent().await;
    let mut heard = String::new();
    while !heard.contains("event: changed") {
        let piece = stream.chunk().await.unwrap().expect("the stream goes on");
        heard.push_str(&String::from_utf8_lossy(&piece));
    }
    assert!(!heard.contains(&request.to_string()), "{heard}");
    let rows = visitor.get("/app/teams/carrick-team/rows").await;
    rows.says("id=\"queue\"");
    rows.says_not("<html");
    // A page that was drawn before then is told at once, whenever its browser comes to listen.
    let mut late = visitor.call(Method::GET, "/app/live?since=0.0.0");
    late = late.timeout(Duration::from_secs(20));
    let mut late = late.send().await.unwrap();
    let piece = late.chunk().await.unwrap().expect("it is told");
    assert!(String::from_utf8_lossy(&piece).contains("event: changed"));
    let page = visitor.get("/app/teams/carrick-team").await;
    page.says("data-live=\"/app/live?since=");
    let nobody = Visitor::new(&served.process.http).get("/app/live").await;
    assert_eq!(nobody.status, StatusCode::SEE_OTHER);
}
