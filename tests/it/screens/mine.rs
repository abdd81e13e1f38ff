//! What somebody has asked for: a question and a decision stand before everything else.

use super::Visitor;
use super::visitor::Seen;
use crate::support::client::{Served, example};
use crate::support::until;
use reqwest::StatusCode;
use serde_json::json;
use std::time::Duration;
use uuid::Uuid;

async fn as_person(served: &Served, person: &str) -> Visitor {
    Visitor::signed_in(&served.process.http, person).await
}

/// The page once the read tables have come so far.
async fn mine_with(visitor: &Visitor, words: &str) -> Seen {
    until(words, Duration::from_secs(30), || async {
        let seen = visitor.get("/app/mine").await;
        seen.text.contains(words).then_some(seen)
    })
    .await
}

async fn act(served: &Served, request: Uuid, (name, by): (&str, &str), data: serde_json::Value) {
    let made = served.make(request, name, by, data).await;
    assert_eq!(made.status, StatusCode::OK, "{name}: {}", made.text);
}

fn place(text: &str, words: &str) -> usize {
    let found = text.find(words);
    found.unwrap_or_else(|| panic!("no {words:?} in {text}"))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_question_stands_first_however_many_requests_there_are_and_the_menu_counts_it() {
    let served = Served::start().await;
    let mut sent = Vec::new();
    for _ in 0..45 {
        sent.push(served.sent().await);
    }
    // Neither among the first twenty that were sent nor among the last.
    let asked = sent[22];
    let question = json!({ "question": "Invented: which days?" });
    act(&served, asked, ("ask", "lead.carrick"), question).await;
    let head = as_person(&served, "head.girvan").await;
    let seen = mine_with(&head, "My requests (1 question)").await;
    let answer = format!("/app/requests/{asked}/moves/answer");
    assert_eq!(seen.text.matches(&answer).count(), 1, "{}", seen.text);
    let newest = format!("/app/requests/{}", sent[44]);
    let first = place(&seen.text, "Needs you");
    assert!(first < place(&seen.text, &answer));
    assert!(place(&seen.text, &answer) < place(&seen.text, &newest));
    // It stands on every page of the list, once.
    let (_, rest) = seen.text.split_once("href=\"/app/mine?after=").unwrap();
    let after = rest.split('"').next().unwrap();
    let next = head.get(&format!("/app/mine?after={after}")).await;
    assert_eq!(next.text.matches(&answer).count(), 1, "{}", next.text);
    head.get("/app/new").await.says("My requests (1 question)");
    let text = json!({ "answer": "Invented: mornings." });
    act(&served, asked, ("answer", "head.girvan"), text).await;
    until("the answer", Duration::from_secs(20), || async {
        let seen = head.get("/app/mine").await;
        (!seen.text.contains("Needs you")).then_some(())
    })
    .await;
    head.get("/app/mine").await.says_not("1 question");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_stays_on_the_list_until_it_is_opened_with_its_reason_and_how_to_challenge_it() {
    let served = Served::start().await;
    let request = served.sent().await;
    let claim = format!("/requests/{request}/claim");
    let claimed = served.post(&claim, "duty.carrick", json!({})).await;
    assert_eq!(claimed.status, StatusCode::OK, "{}", claimed.text);
    let proposal = ("propose-not-agreed", "duty.carrick");
    act(&served, request, proposal, example("propose-not-agreed")).await;
    let refusal = ("not-agreed", "lead.carrick");
    act(&served, request, refusal, example("not-agreed")).await;
    let head = as_person(&served, "head.girvan").await;
    let seen = mine_with(&head, "My requests (1 decision)").await;
    seen.says("Decided, and not read by you yet");
    seen.says("Not agreed");
    seen.says("Other help fits better");
    seen.says("Read the decision");
    // The list alone is no reading of what was written.
    seen.says_not("family worker can start next week");
    let page = format!("/app/requests/{request}");
    let opened = head.get(&page).await;
    let decision = place(&opened.text, "What was decided");
    assert!(decision < place(&opened.text, "What you can do"));
    opened.says("family worker can start next week");
    opened.says("You can ask for another person to look at it again");
    opened.says(&format!("{page}/moves/ask-to-look-again"));
    let later = head.get("/app/mine").await;
    later.says_not("not read by you yet");
    later.says_not("1 decision");
    // What has been read stands among those that have ended.
    head.get("/app/mine?all=yes").await.says(&page);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_action_of_a_childs_plan_needs_whoever_is_to_do_it() {
    let served = Served::start().await;
    let request = served.sent().await;
    let mut agreed = example("agree-to-help");
    agreed["worker"] = json!("duty.carrick");
    act(&served, request, ("agree-to-help", "lead.carrick"), agreed).await;
    let action = json!({ "what": "health-check", "who": "duty.ayr-north", "by": "2999-06-01" });
    act(&served, request, ("plan-action", "duty.carrick"), action).await;
    let doer = as_person(&served, "duty.ayr-north").await;
    let seen = mine_with(&doer, "For you (1 action)").await;
    seen.says("Needs you");
    seen.says("1 action of the child's plan is yours to do");
    seen.says(&format!("/app/requests/{request}"));
    let done = json!({ "action": 1 });
    act(&served, request, ("do-action", "duty.ayr-north"), done).await;
    until("it is done", Duration::from_secs(20), || async {
        let seen = doer.get("/app/mine").await;
        (!seen.text.contains("Needs you")).then_some(())
    })
    .await;
}
