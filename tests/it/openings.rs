//! Opening a request in person says that it was seen, and opening the decision that it is known. Nobody can
//! say either, and a claim alone, a program's call or a page that was fetched ahead says neither.

use crate::screens::Visitor;
use crate::support::client::{Answer, Served, example};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use uuid::Uuid;

const WORKER: &str = "duty.carrick";
const LEAD: &str = "lead.carrick";
const HEAD: &str = "head.girvan";

fn path(request: Uuid) -> String {
    format!("/requests/{request}")
}

/// Names of the events, in their order, as the log has them.
async fn log_of(served: &Served, request: Uuid) -> Vec<String> {
    let client = served.database().connect().await;
    let read = "select event_type from event_log.events where stream = $1 order by version";
    let rows = client.query(read, &[&request]).await.unwrap();
    rows.iter().map(|row| row.get(0)).collect()
}

async fn claim(served: &Served, request: Uuid, person: &str) {
    let place = format!("{}/claim", path(request));
    let claimed = served.post(&place, person, json!({})).await;
    assert_eq!(claimed.status, StatusCode::OK, "{}", claimed.text);
}

/// A move without looking first: what a program or an old page would send.
async fn unseen(served: &Served, request: Uuid, [name, person]: [&str; 2], data: Value) -> Answer {
    let version = log_of(served, request).await.len();
    let place = format!("{}/moves/{name}", path(request));
    served
        .call(Method::POST, &place, person)
        .key(&Uuid::new_v4().to_string())
        .header("If-Match", &format!("\"{version}\""))
        .json(json!({ "data": data }))
        .send()
        .await
}

async fn is_running(served: &Served, request: Uuid, clock: &str) -> bool {
    let seen = served.get(&format!("{}/clocks", path(request)), LEAD).await;
    let clocks = seen.body["clocks"].as_array().unwrap();
    let newest = clocks.iter().rev().find(|one| one["clock"] == clock);
    newest.is_some_and(|one| one["status"] == "running")
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_opening_under_a_claim_acknowledges_once_and_a_claim_does_not() {
    let served = Served::start().await;
    let request = served.sent().await;
    // Given back unread: it was never acknowledged.
    claim(&served, request, WORKER).await;
    let release = format!("{}/release", path(request));
    let released = served.post(&release, WORKER, json!({})).await;
    assert_eq!(released.status, StatusCode::OK, "{}", released.text);
    let outline = served.get(&path(request), WORKER).await;
    assert_eq!(outline.body["state"]["name"], "sent", "{}", outline.text);
    // Her leader reads it, and has not claimed it.
    let read = served.get(&path(request), LEAD).await;
    assert_eq!(read.body["state"]["name"], "sent", "{}", read.text);
    assert!(is_running(&served, request, "acknowledge").await);

    claim(&served, request, WORKER).await;
    let opened = served.get(&path(request), WORKER).await;
    assert_eq!(
        opened.body["state"]["name"], "acknowledged",
        "{}",
        opened.text
    );
    assert_eq!(opened.etag.as_deref(), Some("\"5\""));
    assert!(opened.text.contains("Robin"), "{}", opened.text);
    assert!(!is_running(&served, request, "acknowledge").await);
    for _ in 0..2 {
        served.get(&path(request), WORKER).await;
    }
    let expected = [
        "request-sent",
        "claimed",
        "released",
        "claimed",
        "request-acknowledged",
    ];
    assert_eq!(log_of(&served, request).await, expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn many_windows_opened_at_once_append_one_event() {
    let served = Served::start().await;
    let request = served.sent().await;
    claim(&served, request, WORKER).await;
    let worker = Visitor::signed_in(&served.process.http, WORKER).await;
    let (place, page) = (path(request), format!("/app{}", path(request)));
    let (pages, calls) = tokio::join!(
        futures::future::join_all((0..6).map(|_| worker.get(&page))),
        futures::future::join_all((0..6).map(|_| served.get(&place, WORKER)))
    );
    for seen in pages {
        assert_eq!(seen.status, StatusCode::OK, "{}", seen.text);
        seen.says("Robin");
    }
    for seen in calls {
        assert_eq!(seen.body["state"]["name"], "acknowledged", "{}", seen.text);
    }
    let expected = ["request-sent", "claimed", "request-acknowledged"];
    assert_eq!(log_of(&served, request).await, expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_fetched_ahead_or_asked_for_by_head_is_not_opened() {
    let served = Served::start().await;
    let request = served.sent().await;
    claim(&served, request, WORKER).await;
    let worker = Visitor::signed_in(&served.process.http, WORKER).await;
    let (place, page) = (path(request), format!("/app{}", path(request)));
    for (name, value) in [
        ("Sec-Purpose", "prefetch;prerender"),
        ("Purpose", "prefetch"),
        ("X-Moz", "prefetch"),
    ] {
        let call = worker.call(Method::GET, &page).header(name, value);
        let ahead = worker.send(call).await;
        assert_eq!(ahead.status, StatusCode::SERVICE_UNAVAILABLE, "{name}");
        ahead.says_not("Robin");
        let call = served.call(Method::GET, &place, WORKER);
        let ahead = call.header(name, value).send().await;
        assert_eq!(ahead.body["content"], "summary", "{}", ahead.text);
        assert!(!ahead.text.contains("Robin"), "{}", ahead.text);
    }
    let call = worker.call(Method::HEAD, &page);
    assert_eq!(worker.send(call).await.status, StatusCode::OK);
    let head = served.call(Method::HEAD, &place, WORKER).send().await;
    assert_eq!(head.status, StatusCode::OK);
    assert_eq!(log_of(&served, request).await, ["request-sent", "claimed"]);
    // Nobody has read it: nobody decides about it.
    let agree = example("agree-to-help");
    let refused = unseen(&served, request, ["agree-to-help", WORKER], agree).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN, "{}", refused.text);
    assert!(
        refused.text.contains("have opened the request"),
        "{}",
        refused.text
    );
    // A part of a page that refreshes itself shows it to nobody for the first time.
    let call = worker.call(Method::GET, &page).header("HX-Request", "true");
    assert_eq!(worker.send(call).await.status, StatusCode::OK);
    assert_eq!(log_of(&served, request).await, ["request-sent", "claimed"]);
    worker.get(&page).await.says("Robin");
    assert_eq!(log_of(&served, request).await.len(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_only_an_opening_makes_is_offered_to_nobody_and_refused_by_hand() {
    let served = Served::start().await;
    let request = served.sent().await;
    for (person, name) in [(WORKER, "acknowledge"), (HEAD, "read-decision")] {
        let seen = served.get(&path(request), person).await;
        let mut offered = seen.body["moves"].as_array().unwrap().iter();
        assert!(offered.all(|one| one["move"] != name), "{}", seen.text);
        let refused = unseen(&served, request, [name, person], json!({})).await;
        assert_eq!(refused.status, StatusCode::FORBIDDEN, "{}", refused.text);
        assert!(
            refused.text.contains("by nobody's hand"),
            "{}",
            refused.text
        );
    }
    assert_eq!(log_of(&served, request).await, ["request-sent"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_requester_opens_the_decision_on_a_page_and_a_program_does_not() {
    let served = Served::start().await;
    let request = served.sent().await;
    let page = format!("/app{}", path(request));
    let head = Visitor::signed_in(&served.process.http, HEAD).await;
    head.get(&page).await.says("Robin");
    let mut agreed = example("agree-to-help");
    agreed["requester_told"] = json!(false);
    let made = served
        .make(request, "agree-to-help", LEAD, agreed.clone())
        .await;
    assert_eq!(made.status, StatusCode::OK, "{}", made.text);
    // Neither the school's own system, nor a program of the head teacher's, nor the list of what they sent.
    served.get(&path(request), "school.system").await;
    served.get(&path(request), HEAD).await;
    head.get("/app/mine").await;
    let worker = Visitor::signed_in(&served.process.http, WORKER).await;
    worker.get(&page).await;
    assert!(is_running(&served, request, "inform").await);
    let before = log_of(&served, request).await;
    assert_eq!(before, ["request-sent", "help-agreed"]);

    head.get(&page).await.says("Robin");
    head.get(&page).await;
    let expected = ["request-sent", "help-agreed", "decision-read"];
    assert_eq!(log_of(&served, request).await, expected);
    assert!(!is_running(&served, request, "inform").await);
    assert!(is_running(&served, request, "family_told").await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_proposal_is_read_by_the_team_and_the_requester_hears_what_was_decided() {
    let served = Served::start().await;
    let request = served.sent().await;
    served.claimed(request, WORKER).await;
    let mut proposal = example("propose-not-agreed");
    proposal["advice"] = json!("Invented: the words of the proposer.");
    let made = served
        .make(request, "propose-not-agreed", WORKER, proposal)
        .await;
    assert_eq!(made.status, StatusCode::OK, "{}", made.text);
    let head = served.get(&path(request), HEAD).await;
    assert_eq!(head.body["state"]["title"], "Being decided");
    assert!(!head.text.contains("proposer's own words"), "{}", head.text);
    let confirmed = json!({ "data": example("not-agreed") });
    let own = unseen(
        &served,
        request,
        ["not-agreed", WORKER],
        example("not-agreed"),
    )
    .await;
    assert_eq!(own.status, StatusCode::FORBIDDEN, "{}", own.text);

    // The leader's form begins with what was proposed.
    let lead = Visitor::signed_in(&served.process.http, LEAD).await;
    let form = format!("/app{}/moves/not-agreed", path(request));
    let drawn = lead.get(&form).await;
    drawn.says("Invented: the words of the proposer.");
    drawn.says("value=\"other-help-fits-better\" checked");
    let made = served
        .make(request, "not-agreed", LEAD, confirmed["data"].clone())
        .await;
    assert_eq!(made.status, StatusCode::OK, "{}", made.text);
    let head = served.get(&path(request), HEAD).await;
    assert_eq!(head.body["state"]["name"], "not-agreed", "{}", head.text);
    let advice = example("not-agreed")["advice"].as_str().unwrap().to_owned();
    assert!(head.text.contains(&advice), "{}", head.text);
    assert!(!head.text.contains("proposer's own words"), "{}", head.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_decides_from_the_outline() {
    let served = Served::start().await;
    let request = served.sent().await;
    // What a duty worker could do with seven clicks, without ever seeing the name of the child.
    let outline = served.get(&path(request), WORKER).await;
    assert_eq!(outline.body["content"], "summary");
    let offered = outline.body["moves"].as_array().unwrap();
    for name in [
        "agree-to-help",
        "not-agreed",
        "propose-not-agreed",
        "end",
        "ask",
    ] {
        assert!(offered.iter().all(|one| one["move"] != name), "{name}");
    }
    let advice = example("propose-not-agreed");
    for (name, data) in [
        ("agree-to-help", example("agree-to-help")),
        ("propose-not-agreed", advice.clone()),
        ("not-agreed", example("not-agreed")),
        ("end", example("end")),
    ] {
        let refused = unseen(&served, request, [name, WORKER], data).await;
        let status = refused.status;
        assert!(
            [StatusCode::FORBIDDEN, StatusCode::CONFLICT].contains(&status),
            "{name}: {}",
            refused.text
        );
    }
    assert_eq!(log_of(&served, request).await, ["request-sent"]);
    // The leader may read it, and has not.
    let refused = unseen(
        &served,
        request,
        ["propose-not-agreed", LEAD],
        advice.clone(),
    )
    .await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN, "{}", refused.text);
    served.get(&path(request), LEAD).await;
    let made = unseen(&served, request, ["propose-not-agreed", LEAD], advice).await;
    assert_eq!(made.status, StatusCode::OK, "{}", made.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_follows_from_an_opening_is_written_down_before_anything_is_shown() {
    let served = Served::start().await;
    let request = served.sent().await;
    claim(&served, request, WORKER).await;
    let client = served.database().connect().await;
    let hide = "alter table access.readings rename to hidden";
    client.batch_execute(hide).await.unwrap();
    let refused = served.get(&path(request), WORKER).await;
    assert_eq!(refused.status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(!refused.text.contains("Robin"), "{}", refused.text);
    assert_eq!(log_of(&served, request).await, ["request-sent", "claimed"]);
    let back = "alter table access.hidden rename to readings";
    client.batch_execute(back).await.unwrap();
    // The log takes nothing for a while: then the text is not shown either.
    let deaf = "revoke execute on all functions in schema event_log from rfa_app";
    client.batch_execute(deaf).await.unwrap();
    let refused = served.get(&path(request), WORKER).await;
    assert!(refused.status.is_server_error(), "{}", refused.text);
    assert!(!refused.text.contains("Robin"), "{}", refused.text);
    let hears = "grant execute on all functions in schema event_log to rfa_app";
    client.batch_execute(hears).await.unwrap();
    let opened = served.get(&path(request), WORKER).await;
    assert_eq!(
        opened.body["state"]["name"], "acknowledged",
        "{}",
        opened.text
    );
}
