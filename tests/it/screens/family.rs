//! What a duty worker is prompted for: perhaps the same child, and brothers and sisters.

use super::Visitor;
use crate::support::client::Served;
use crate::support::engine::now;
use crate::support::until;
use reqwest::StatusCode;
use serde_json::json;
use std::time::Duration;

async fn reference(served: &Served, request: uuid::Uuid) -> String {
    let path = format!("/requests/{request}");
    let seen = served.get(&path, "head.girvan").await;
    seen.body["reference"].as_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_duty_worker_is_shown_the_other_request_and_notes_it_without_copying() {
    let served = Served::start().await;
    let (first, second) = (served.sent().await, served.sent().await);
    served.settled().await;
    let other = reference(&served, first).await;
    let visitor = Visitor::signed_in(&served.process.http, "duty.carrick").await;
    let page = format!("/app/requests/{second}");
    let seen = visitor.get(&page).await;
    seen.says("Perhaps the same child");
    seen.says("1 other request looks");
    seen.says(&format!("request {other}</a>, Sent"));
    seen.says("Carrick and Girvan locality team");
    let link = format!("{page}/moves/link?reference={other}");
    seen.says(&link);
    let form = visitor.get(&link).await;
    form.says(&format!("value=\"{other}\""));
    let fields = [("reference", other.as_str()), ("kind", "sibling")];
    let done = visitor
        .fill_in(&format!("{page}/moves/link"), &fields)
        .await;
    assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.text);
    // Both ends prompt, and what was looked at is not asked about again.
    let mine = reference(&served, second).await;
    for (page, other) in [(page, other), (format!("/app/requests/{first}"), mine)] {
        let seen = until("the link", Duration::from_secs(20), || async {
            let seen = visitor.get(&page).await;
            seen.text.contains("Belongs together").then_some(seen)
        })
        .await;
        seen.says("A brother or sister");
        seen.says(&format!("request {other}</a>"));
        seen.says_not("Perhaps the same child");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whether_help_came_is_said_by_whoever_asked_and_seen_by_team_and_manager() {
    let served = Served::start().await;
    let request = served.sent().await;
    let head = Visitor::signed_in(&served.process.http, "head.girvan").await;
    let page = format!("/app/requests/{request}");
    let say = format!("{page}/moves/say-whether-help-came");
    let early = head.get(&say).await;
    assert_eq!(early.status, StatusCode::CONFLICT, "{}", early.text);
    let mut agreed = crate::support::client::example("agree-to-help");
    agreed["worker"] = json!("duty.carrick");
    let agreed = served
        .make(request, "agree-to-help", "lead.carrick", agreed)
        .await;
    assert_eq!(agreed.status, StatusCode::OK, "{}", agreed.text);
    // Whoever asked reads the decision first: until then it stands before everything else.
    head.get(&page).await.says("What was decided");
    let mine = until("my request", Duration::from_secs(20), || async {
        let mine = head.get("/app/mine").await;
        mine.text
            .contains("Tell the team whether help arrived")
            .then_some(mine)
    })
    .await;
    mine.says(&say);
    let words = "Invented: nobody rang <i>yet</i>";
    let unsaid = now();
    let empty = head.fill_in(&say, &[("words", words)]).await;
    empty.says("Choose whether help arrived");
    empty.says("Invented: nobody rang &lt;i&gt;yet");
    let said = head
        .fill_in(&say, &[("help_came", "not-yet"), ("words", words)])
        .await;
    assert_eq!(said.status, StatusCode::SEE_OTHER, "{}", said.text);
    head.get("/app/mine").await.says("you said on");
    let team = Visitor::signed_in(&served.process.http, "duty.carrick").await;
    let seen = team.get(&page).await;
    seen.says("Did help arrive?");
    seen.says("Not yet");
    seen.says("Invented: nobody rang &lt;i&gt;yet");
    // It changes neither who holds the request nor what is owed.
    seen.says("You, for Carrick and Girvan locality team");
    let manager = Visitor::signed_in(&served.process.http, "manager.service").await;
    let opened = "/app/figures/not-arrived";
    until("the answer", Duration::from_secs(20), || async {
        let figures = manager.get("/app/figures").await;
        figures.text.contains(opened).then_some(())
    })
    .await;
    let list = manager.get(opened).await;
    list.says("1 request");
    list.says(&reference(&served, request).await);
    list.says_not("nobody rang");
    let stranger = team.get(opened).await;
    assert_eq!(stranger.status, StatusCode::FORBIDDEN);
    // As it was known before the answer, nothing was said.
    let before = manager.get(&format!("{opened}?as_known_on={unsaid}")).await;
    before.says("0 requests");
    before.says_not(&reference(&served, request).await);
    // The last answer counts.
    let said = head.fill_in(&say, &[("help_came", "yes")]).await;
    assert_eq!(said.status, StatusCode::SEE_OTHER, "{}", said.text);
    until("the later answer", Duration::from_secs(20), || async {
        let figures = manager.get("/app/figures").await;
        (!figures.text.contains(opened)).then_some(())
    })
    .await;
}
