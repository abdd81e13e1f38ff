//! Requests that nobody can be counted on to move, and whose figures a leader sees.

use super::Visitor;
use crate::support::client::{Answer, Served, example};
use crate::support::engine::now;
use crate::support::until;
use reqwest::StatusCode;
use serde_json::json;
use std::time::Duration;
use uuid::Uuid;

async fn as_person(served: &Served, person: &str) -> Visitor {
    Visitor::signed_in(&served.process.http, person).await
}

/// A request that no rule can place: nobody said where the child lives or goes to school.
async fn unplaced(served: &Served) -> Uuid {
    let mut data = example("send");
    for field in ["postcode", "school"] {
        data["child"].as_object_mut().unwrap().remove(field);
    }
    let sent = served.post("/requests", "head.girvan", json!({ "data": data }));
    let sent = sent.await;
    assert_eq!(sent.status, StatusCode::CREATED, "{}", sent.text);
    sent.body["request_id"].as_str().unwrap().parse().unwrap()
}

async fn once_counted(served: &Served, person: &str, count: u64) -> Answer {
    until("the requests count", Duration::from_secs(20), || async {
        let answer = served.get("/caseloads", person).await;
        let open = answer.body["caseloads"].as_array()?.iter();
        let open: u64 = open.filter_map(|row| row["count"].as_u64()).sum();
        (open == count).then_some(answer)
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_without_an_owner_is_counted_with_its_reason_and_opens_as_far_as_rights_allow() {
    let served = Served::start().await;
    let placed = served.sent().await;
    let before = now();
    let lost = unplaced(&served).await;
    let whole = once_counted(&served, "manager.service", 2).await;
    let without = &whole.body["without_owner"];
    assert_eq!(without["count"], 1, "{}", whole.text);
    assert_eq!(without["reasons"][0]["reason"], "unrouted");
    assert_eq!(without["reasons"][0]["count"], 1);
    let path = "/caseloads/without-owner";
    let opened = served.get(path, "manager.service").await;
    assert_eq!(opened.body["requests"][0]["id"], lost.to_string());
    assert_eq!(opened.body["requests"][0]["reasons"], json!(["unrouted"]));
    assert!(
        !opened.text.contains(&placed.to_string()),
        "{}",
        opened.text
    );
    let other = format!("{path}?reason=worker-gone");
    let other = served.get(&other, "manager.service").await;
    assert_eq!(other.body["requests"], json!([]), "{}", other.text);
    let wrong = format!("{path}?reason=lost");
    let wrong = served.get(&wrong, "manager.service").await;
    assert_eq!(wrong.status, StatusCode::BAD_REQUEST, "{}", wrong.text);
    // As it was known before it was sent, none was without an owner.
    let then = format!("{path}?as_known_on={before}");
    let then = served.get(&then, "manager.service").await;
    assert_eq!(then.body["count"], 0, "{}", then.text);
    // Each team is told of its own; who answers for none is told of none.
    for (person, count) in [
        ("lead.unrouted", 1),
        ("lead.carrick", 0),
        ("duty.carrick", 0),
    ] {
        let own = served.get(path, person).await;
        assert_eq!(own.body["count"], count, "{person}: {}", own.text);
    }
    let stranger = served.get(path, "head.girvan").await;
    assert_eq!(stranger.status, StatusCode::FORBIDDEN);
    let manager = as_person(&served, "manager.service").await;
    let figures = manager.get("/app/figures").await;
    figures.says("href=\"/app/figures/without-owner\">1</a>Requests without an owner");
    figures.says("No rule could place it: 1");
    let page = manager.get("/app/figures/without-owner").await;
    page.says("No rule could place it");
    page.says("Requests that no rule could place");
    page.says_not("Robin");
    let lead = as_person(&served, "lead.carrick").await;
    let figures = lead.get("/app/figures").await;
    figures.says("<span class=\"big\">0</span>Requests without an owner");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_leaders_figures_are_those_of_her_team_and_other_teams_are_seen_as_published() {
    let served = Served::start().await;
    let own = served.sent().await;
    unplaced(&served).await;
    once_counted(&served, "manager.service", 2).await;
    let path = "/response-times?clock=acknowledge";
    let whole = until("both began", Duration::from_secs(20), || async {
        let answer = served.get(path, "manager.service").await;
        (answer.body["clocks"][0]["started"] == 2).then_some(answer)
    })
    .await;
    assert_eq!(whole.body["clocks"][0]["open"], 2, "{}", whole.text);
    let team = served
        .get(&format!("{path}&only=team:carrick-team"), "lead.carrick")
        .await;
    assert_eq!(team.body["clocks"][0]["started"], 1, "{}", team.text);
    // Of the whole she sees what everybody may: whole months that have passed.
    let published = served.get(path, "lead.carrick").await;
    assert!(
        published.body["figures_as_of"].is_string(),
        "{}",
        published.text
    );
    assert!(published.body["clocks"].as_array().unwrap().is_empty());
    let span = "from=2020-01-01&to=2100-01-01";
    for (path, status) in [
        (format!("/caseloads/flow?{span}"), StatusCode::FORBIDDEN),
        (
            format!("/caseloads/flow?{span}&team=unrouted"),
            StatusCode::FORBIDDEN,
        ),
        (
            format!("/caseloads/flow?{span}&team=carrick-team"),
            StatusCode::OK,
        ),
    ] {
        let flow = served.get(&path, "lead.carrick").await;
        assert_eq!(flow.status, status, "{path}: {}", flow.text);
        assert!(!flow.text.contains("unrouted"), "{}", flow.text);
    }
    let lead = as_person(&served, "lead.carrick").await;
    let page = lead.get("/app/figures").await;
    page.says("Figures of Carrick and Girvan locality team");
    page.says("clock=acknowledge&amp;part=started&amp;only=team:carrick-team\">1<");
    let opened = "/app/figures/opened?clock=acknowledge&part=started&only=team:carrick-team";
    let opened = lead.get(opened).await;
    opened.says("<strong>1 wait</strong>");
    opened.says(&format!("/app/requests/{own}"));
    opened.says_not("teams that you do not answer for");
    let all = lead.get("/app/figures?team=all").await;
    all.says("small numbers are hidden");
    all.says_not("part=started");
    let other = lead.get("/app/figures?team=unrouted").await;
    assert_eq!(other.status, StatusCode::FORBIDDEN, "{}", other.text);
    let manager = as_person(&served, "manager.service").await;
    manager.get("/app/figures").await.says("part=started\">2<");
}
