//! A question to somebody whose school is closed: with the published cover, and with nobody else.

use crate::support::WorkflowFiles;
use crate::support::client::{Served, consume};
use reqwest::StatusCode;
use serde_json::{Value, json};
use uuid::Uuid;

const QUEUE: &str = "rfa.agency.south-ayrshire.social-work";

/// Definition files by which the schools are closed today, whatever day it is.
pub(crate) fn schools_closed(name: &str) -> WorkflowFiles {
    let files = WorkflowFiles::copied(name);
    let organisation = "organisation/south-ayrshire.yaml";
    let summer = "from: 2026-07-01, to: 2026-08-14 }\n  - { name: October week, of: [education]";
    let always = "from: 2020-01-01, to: 2099-12-31 }\n  - { name: October week, of: [police]";
    files.change(organisation, summer, always);
    for holiday in ["Christmas holiday, of: [", "Easter holiday, of: ["] {
        files.change(
            organisation,
            &format!("{holiday}education]"),
            &format!("{holiday}police]"),
        );
    }
    files
}

async fn in_the_holidays(name: &str) -> (WorkflowFiles, Served) {
    let files = schools_closed(name);
    let served = Served::by(files.folder()).await;
    (files, served)
}

async fn asked(served: &Served) -> Uuid {
    let request = served.sent().await;
    let question = json!({ "question": "Invented: who can be rung?" });
    let answer = served.make(request, "ask", "lead.carrick", question).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    request
}

async fn listed(served: &Served, person: &str) -> Vec<Value> {
    let list = served.get("/requests", person).await;
    assert_eq!(list.status, StatusCode::OK, "{}", list.text);
    list.body["requests"].as_array().unwrap().clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_cover_hears_of_the_question_reads_it_and_answers_it() {
    let (_files, served) = in_the_holidays("cover-answers").await;
    let request = asked(&served).await;
    let message = consume(served.broker_url(), QUEUE).await;
    assert_eq!(message["type"], "scot.rfa.question-asked.v1");
    assert_eq!(message["subject"], request.to_string());

    let path = format!("/requests/{request}");
    let position = message["position"].as_str().unwrap();
    let list = format!("/requests?min_position={position}");
    let list = served.get(&list, "cover.education").await;
    assert_eq!(list.body["requests"][0]["id"], request.to_string());
    let seen = served.get(&path, "cover.education").await;
    assert_eq!(seen.status, StatusCode::OK, "{}", seen.text);
    assert_eq!(seen.body["holder"]["held_by"], "requester");
    assert_eq!(seen.body["holder"]["person"], "head.girvan");
    assert_eq!(seen.body["holder"]["covered_by"], "cover.education");
    assert_eq!(seen.body["holder"]["covered_until"], "2099-12-31");
    assert_eq!(seen.body["content"], "open");
    let moves = seen.body["moves"].as_array().unwrap();
    let moves: Vec<&str> = moves.iter().filter_map(|m| m["move"].as_str()).collect();
    let offered = [
        "answer",
        "add-information",
        "pass-on-child-protection-concern",
    ];
    assert_eq!(moves, offered);

    let answer = json!({ "answer": "Invented: the aunt." });
    let answer = served
        .make(request, "answer", "cover.education", answer)
        .await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    // Answered: what goes on is between the team and the named person again.
    let seen = served.get(&path, "cover.education").await;
    assert_eq!(seen.status, StatusCode::NOT_FOUND);
    let list = format!(
        "/requests?min_position={}",
        answer.body["position"].as_str().unwrap()
    );
    let list = served.get(&list, "cover.education").await;
    assert_eq!(list.body["requests"], json!([]), "{}", list.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_covers_nobody_sees_and_answers_nothing() {
    let (_files, served) = in_the_holidays("cover-nobody").await;
    let request = asked(&served).await;
    let path = format!("/requests/{request}");
    let other = served.get(&path, "lead-professional.ayr").await;
    assert_eq!(other.status, StatusCode::NOT_FOUND);
    assert!(listed(&served, "lead-professional.ayr").await.is_empty());
    // What does not wait for the requester does not go to the cover.
    let waiting = served.sent().await;
    let path = format!("/requests/{waiting}");
    let seen = served.get(&path, "cover.education").await;
    assert_eq!(seen.status, StatusCode::NOT_FOUND);
}
