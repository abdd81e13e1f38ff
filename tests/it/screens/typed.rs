//! What people type is never lost, and never becomes part of a page.

use super::Visitor;
use super::forms::{ANSWERS, answered, begun, head};
use crate::support::client::{Served, example};
use crate::support::{Broker, Postgres, ProcessUnderTest, TestDatabase, TestVhost, until};
use reqwest::{Method, StatusCode};
use serde_json::json;
use std::time::Duration;

/// Signed in for so short that it can be waited for.
async fn short_lived(seconds: &str) -> (TestDatabase, TestVhost, ProcessUnderTest) {
    let (database, vhost) = (Postgres::database().await, Broker::vhost().await);
    let environment = [
        ("DATABASE_URL", database.url.as_str()),
        ("AMQP_URL", vhost.url.as_str()),
    ];
    let arguments = ["serve", "--demo", "--sign-in-seconds", seconds];
    let mut process = ProcessUnderTest::spawn(&arguments, &environment);
    process.wait_for("/readyz").await;
    (database, vhost, process)
}

async fn ends(visitor: &Visitor) {
    until("the sign-in ends", Duration::from_secs(30), || async {
        let seen = visitor.get("/app/accessibility").await;
        let mine = visitor.get("/app/done").await;
        assert_eq!(seen.status, StatusCode::OK);
        let is_asked = mine.status == StatusCode::SEE_OTHER && mine.location().contains("sign-in");
        is_asked.then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sign_in_that_ended_leads_back_to_the_form_with_what_was_typed() {
    let (_database, _vhost, process) = short_lived("4").await;
    let mut visitor = Visitor::signed_in(&process.http, "head.girvan").await;
    let page = begun(&visitor).await;
    ends(&visitor).await;
    let ended = visitor
        .post(&page, &[("going_well", "Invented: typed for an hour.")])
        .await;
    assert_eq!(ended.status, StatusCode::SEE_OTHER);
    assert!(!ended.location().contains("typed"), "{}", ended.location());
    let choice = visitor.get(ended.location()).await;
    choice.says("What you wrote is kept");
    choice.says_not("typed for an hour");
    let back = visitor.sign_in("head.girvan", &choice.hidden("back")).await;
    visitor
        .get(&back)
        .await
        .says("Invented: typed for an hour.");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_typed_about_a_request_waits_behind_the_sign_in_too() {
    let (_database, _vhost, process) = short_lived("9").await;
    let mut visitor = Visitor::signed_in(&process.http, "head.girvan").await;
    let check = answered(&visitor, begun(&visitor).await).await;
    let sent = visitor.post(&check.replace("/check", "/send"), &[]).await;
    let request = sent.location().rsplit('/').next().unwrap().to_owned();
    visitor.sign_in("head.girvan", "/app").await;
    let form = format!("/app/requests/{request}/moves/withdraw");
    let drawn = visitor.get(&form).await;
    let (key, version) = (drawn.hidden("key"), drawn.hidden("version"));
    ends(&visitor).await;
    let words = "Invented: an aunt helps.";
    let fields = [
        ("key", key.as_str()),
        ("version", &version),
        ("reason", words),
    ];
    let ended = visitor.post(&form, &fields).await;
    let choice = visitor.get(ended.location()).await;
    choice.says("What you wrote is kept");
    let back = visitor.sign_in("head.girvan", &choice.hidden("back")).await;
    assert_eq!(back, form);
    let seen = visitor.get(&back).await;
    seen.says("We kept what you wrote here before");
    seen.says(words);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_live_page_whose_sign_in_ended_goes_to_the_sign_in_whole() {
    let (_database, _vhost, process) = short_lived("2").await;
    let visitor = Visitor::signed_in(&process.http, "duty.carrick").await;
    ends(&visitor).await;
    let page = format!("{}/app/teams/carrick-team", process.http);
    let part = visitor.call(Method::GET, "/app/teams/carrick-team/rows");
    let part = part
        .header("HX-Request", "true")
        .header("HX-Current-URL", &page);
    let seen = visitor.send(part).await;
    assert_eq!(seen.status, StatusCode::UNAUTHORIZED);
    assert_eq!(
        seen.headers["hx-redirect"],
        "/app/sign-in?back=%2Fapp%2Fteams%2Fcarrick-team"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn scripts_that_are_typed_into_any_field_show_as_text() {
    let served = Served::start().await;
    let visitor = head(&served).await;
    let script = "<script>alert(1)</script><img src=x onerror=alert(1)>\"'";
    let first = begun(&visitor).await;
    let mut page = first.clone();
    for (name, fields) in ANSWERS {
        let drawn = visitor.get(&page).await;
        let mut fields: Vec<(String, String)> = fields
            .iter()
            .map(|(name, text)| ((*name).to_owned(), (*text).to_owned()))
            .collect();
        // Every text that the page asks for, also under "More".
        for tag in drawn.text.split('<').filter(|tag| {
            tag.starts_with("textarea") || tag.starts_with("input") && tag.contains("type=\"text\"")
        }) {
            let (_, rest) = tag.split_once("name=\"").unwrap();
            let field = rest.split('"').next().unwrap();
            fields.retain(|(known, _)| known != field);
            fields.push((field.to_owned(), script.to_owned()));
        }
        if name == "you" {
            fields.push(("capacity".to_owned(), "named-person".to_owned()));
        }
        let fields: Vec<(&str, &str)> = fields.iter().map(|(a, b)| (&**a, &**b)).collect();
        assert!(
            fields.iter().any(|(_, text)| *text == script) || name == "sharing" || name == "you"
        );
        visitor.post(&page, &fields).await;
        let again = visitor.get(&page).await;
        again.says_not("<script>alert");
        again.says_not("<img");
        let at = ANSWERS
            .iter()
            .position(|(known, _)| *known == name)
            .unwrap();
        if let Some((next, _)) = ANSWERS.get(at + 1) {
            page = page.replace(&format!("/{name}"), &format!("/{next}"));
        }
    }
    let check = visitor.get(&first.replace("strengths", "check")).await;
    check.says("&lt;script&gt;alert(1)&lt;/script&gt;");
    check.says_not("<script>alert");
    check.says_not("<img");
    // What cannot be right is told, and shows as text there, too.
    let sent = visitor.post(&first.replace("strengths", "send"), &[]).await;
    sent.says_not("<script>alert");
    sent.says_not("<img");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_written_about_a_request_shows_as_text_to_everybody_who_reads_it() {
    let served = Served::start().await;
    let script = "<script>alert(1)</script>";
    let mut data = example("send");
    for field in ["going_well", "worried_about", "tried_so_far"] {
        data[field] = script.into();
    }
    data["child"]["given_name"] = script.into();
    data["child"]["parents_carers"] = json!([{ "name": script, "relationship": "mother" }]);
    let sent = served.post("/requests", "head.girvan", json!({ "data": data }));
    let sent = sent.await;
    assert_eq!(sent.status, StatusCode::CREATED, "{}", sent.text);
    let request = sent.body["request_id"].as_str().unwrap();
    let page = format!("/app/requests/{request}");
    for person in ["head.girvan", "lead.carrick"] {
        let visitor = Visitor::signed_in(&served.process.http, person).await;
        let seen = visitor.get(&page).await;
        seen.says("&lt;script&gt;alert(1)&lt;/script&gt;");
        seen.says_not("<script>alert");
    }
}
