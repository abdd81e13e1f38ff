//! The queue, a claim that two want, moves by their forms.

use super::Visitor;
use crate::support::client::{Served, example};
use crate::support::until;
use reqwest::StatusCode;
use std::time::Duration;

async fn duty(served: &Served) -> Visitor {
    Visitor::signed_in(&served.process.http, "duty.carrick").await
}

/// The queue once the request stands in it.
async fn queue_with(visitor: &Visitor, reference: &str) -> String {
    until(
        "the request is in the queue",
        Duration::from_secs(20),
        || async {
            let seen = visitor.get("/app/teams/carrick-team").await;
            (seen.status == StatusCode::OK && seen.text.contains(reference)).then_some(seen.text)
        },
    )
    .await
}

async fn reference(served: &Served, request: uuid::Uuid) -> String {
    let seen = served
        .get(&format!("/requests/{request}"), "head.girvan")
        .await;
    seen.body["reference"].as_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_queue_shows_both_clocks_and_no_word_about_the_child() {
    let served = Served::start().await;
    let request = served.sent().await;
    let visitor = duty(&served).await;
    let text = queue_with(&visitor, &reference(&served, request).await).await;
    for words in [
        "A person has seen the request",
        "left)",
        "0 days",
        "Soon",
        "Sent",
        "Claim",
    ] {
        assert!(text.contains(words), "{words}: {text}");
    }
    for words in ["Robin", "Invented", "Example (invented)", "2018"] {
        assert!(!text.contains(words), "{words}");
    }
    let other = visitor.get("/app/teams/ayr-north-team").await;
    assert_eq!(other.status, StatusCode::NOT_FOUND);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_race_for_a_claim_and_one_is_told_who_won() {
    let served = Served::start().await;
    let request = served.sent().await;
    let (one, two) = (
        duty(&served).await,
        Visitor::signed_in(&served.process.http, "lead.carrick").await,
    );
    let page = format!("/app/requests/{request}");
    one.get(&page).await.says("Nobody has claimed this request");
    one.get(&page).await.says_not("Robin");
    let claim = format!("{page}/claim");
    let (first, second) = tokio::join!(
        one.post(&claim, &[("key", "one")]),
        two.post(&claim, &[("key", "two")])
    );
    let mut told = [&first, &second].map(|seen| seen.status);
    told.sort();
    assert_eq!(told, [StatusCode::SEE_OTHER, StatusCode::CONFLICT]);
    let (lost, winner) = if first.status == StatusCode::CONFLICT {
        (&first, "Team leader in Carrick")
    } else {
        (&second, "Duty worker in Carrick")
    };
    lost.says("Somebody was faster");
    lost.says(&format!(
        "<strong>{winner}</strong> has claimed this request until"
    ));
    // The winner's second click is the same claim.
    let (won, key) = if first.status == StatusCode::SEE_OTHER {
        (&one, "one")
    } else {
        (&two, "two")
    };
    let again = won.post(&claim, &[("key", key)]).await;
    assert_eq!(again.location(), page);
    let opened = won.get(again.location()).await;
    opened.says("You have claimed this request");
    opened.says("Robin");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_move_is_made_once_however_often_its_form_is_sent() {
    let served = Served::start().await;
    let request = served.sent().await;
    let visitor = duty(&served).await;
    served.claimed(request, "duty.carrick").await;
    let page = format!("/app/requests/{request}");
    let form = format!("{page}/moves/ask");
    let drawn = visitor.get(&form).await;
    drawn.says("Ask all that you need at once");
    let (key, version) = (drawn.hidden("key"), drawn.hidden("version"));
    let fields = [
        ("key", key.as_str()),
        ("version", &version),
        ("question", "Invented: which days?"),
    ];
    let done = visitor.post(&form, &fields).await;
    assert_eq!(done.location(), page, "{}", done.text);
    let again = visitor.post(&form, &fields).await;
    assert_eq!(again.location(), done.location(), "{}", again.text);
    let seen = served
        .get(&format!("/requests/{request}"), "duty.carrick")
        .await;
    assert_eq!(seen.body["version"], 4);
    // The same form with other words is not sent in its place.
    let other = [
        ("key", key.as_str()),
        ("version", &version),
        ("question", "Invented: another"),
    ];
    let refused = visitor.post(&form, &other).await;
    assert_eq!(refused.status, StatusCode::CONFLICT, "{}", refused.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_typed_stands_there_again_beside_what_is_wrong() {
    let served = Served::start().await;
    let request = served.sent().await;
    let visitor = duty(&served).await;
    served.claimed(request, "duty.carrick").await;
    let form = format!("/app/requests/{request}/moves/propose-not-agreed");
    let script = "<script>alert(1)</script>\"'";
    let fields = [
        ("advice", script),
        ("views.child.how", "said"),
        ("reason", "out-of-area"),
    ];
    let wrong = visitor.fill_in(&form, &fields).await;
    assert_eq!(
        wrong.status,
        StatusCode::UNPROCESSABLE_ENTITY,
        "{}",
        wrong.text
    );
    wrong.says("There is a problem");
    wrong.says("<title>Error: ");
    wrong.says("href=\"#q-views-child-words\"");
    wrong.says("id=\"q-views-child-words-error\"");
    wrong.says("Enter what the child or young person said or showed");
    wrong.says("&lt;script&gt;alert(1)&lt;/script&gt;&quot;");
    wrong.says_not("<script>alert");
    wrong.says("value=\"out-of-area\" checked");
    // The concern button stands on the form, too.
    wrong.says("/moves/pass-on-child-protection-concern\"");
    assert!(!wrong.hidden("key").is_empty());
    let seen = served
        .get(&format!("/requests/{request}"), "duty.carrick")
        .await;
    assert_eq!(seen.body["version"], 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_of_two_questions_is_asked_for_beside_the_first() {
    let served = Served::start().await;
    let request = served.sent().await;
    let mut agreed = example("agree-to-help");
    agreed["worker"] = serde_json::json!("duty.carrick");
    let made = served
        .make(request, "agree-to-help", "lead.carrick", agreed)
        .await;
    assert_eq!(made.status, StatusCode::OK, "{}", made.text);
    let form = format!("/app/requests/{request}/moves/plan-action");
    let fields = [("what", "health-check"), ("by", "2999-06-01")];
    let wrong = duty(&served).await.fill_in(&form, &fields).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    wrong.says("href=\"#q-who\"");
    wrong.says("id=\"q-who-error\"");
    wrong.says("Answer “Who does it” or “Which agency does it”");
    wrong.says_not("fits none");
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_decides_on_an_older_version_is_asked_to_look_again() {
    let served = Served::start().await;
    let request = served.sent().await;
    let visitor = duty(&served).await;
    served.claimed(request, "duty.carrick").await;
    let form = format!("/app/requests/{request}/moves/ask");
    let drawn = visitor.get(&form).await;
    let moved = served
        .make(
            request,
            "tell-requester",
            "lead.carrick",
            serde_json::json!({ "how": "phone" }),
        )
        .await;
    assert_eq!(moved.status, StatusCode::OK, "{}", moved.text);
    let (key, version) = (drawn.hidden("key"), drawn.hidden("version"));
    let fields = [
        ("key", key.as_str()),
        ("version", &version),
        ("question", "Invented: which days?"),
    ];
    let stale = visitor.post(&form, &fields).await;
    assert_eq!(
        stale.status,
        StatusCode::PRECONDITION_FAILED,
        "{}",
        stale.text
    );
    stale.says("has changed since you opened it");
    stale.says("Invented: which days?");
    let version = stale.hidden("version");
    let fields = [
        ("key", key.as_str()),
        ("version", &version),
        ("question", "Invented: which days?"),
    ];
    let done = visitor.post(&form, &fields).await;
    assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_concern_shows_what_to_ring_and_stays_red_until_somebody_answered() {
    let served = Served::start().await;
    let request = served.sent().await;
    let visitor = duty(&served).await;
    let page = format!("/app/requests/{request}");
    visitor
        .get(&page)
        .await
        .says("pass-on-child-protection-concern");
    let form = format!("{page}/moves/pass-on-child-protection-concern");
    let drawn = visitor.get(&form).await;
    drawn.says("Ring first, now");
    drawn.says("999");
    let fields = [
        ("risk", "neglect"),
        ("number_rung", "initial-response"),
        ("concern", "Invented: bruises."),
    ];
    let done = visitor.fill_in(&form, &fields).await;
    assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.text);
    // Who has just written down that they rang is asked whether somebody answered, not told to ring.
    let asks = format!("{page}/moves/concern-handed-over?concern=1");
    assert_eq!(done.location(), asks);
    let form = visitor.get(&asks).await;
    form.says("Write down who answered");
    form.says("If nobody has answered, ring the next number");
    form.says_not("Ring first, now");
    form.says("name=\"answered_at\" type=\"datetime-local\" value=\"20");
    let card = visitor.get(&page).await;
    card.says("nobody has answered yet");
    card.says_not("If nobody was rung, ring now");
    // Nobody answers: it is written down, the alarm stays on, and the next number is shown.
    let missed = format!("{page}/moves/could-not-get-through?concern=1");
    let tried = [("concern", "1"), ("number_rung", "police-999")];
    let done = visitor.fill_in(&missed, &tried).await;
    assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.text);
    assert_eq!(done.location(), asks);
    visitor.get(&asks).await.says("(nobody answered)");
    visitor.get(&page).await.says("nobody has answered yet");
    let answered = [
        ("concern", "1"),
        ("number_rung", "initial-response"),
        ("answered_by", "Invented responder"),
        ("answered_at", "2026-01-05T09:00"),
    ];
    let done = visitor.fill_in(&asks, &answered).await;
    assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.text);
    let card = visitor.get(&page).await;
    card.says_not("nobody has answered yet");
    card.says("Invented responder");
    card.says("a responder has to take it over");
    // A colleague who did not pass it on sees nothing of it.
    let lead = Visitor::signed_in(&served.process.http, "lead.carrick").await;
    lead.get(&page).await.says("Invented responder");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_responder_takes_over_with_one_button_and_opens_the_rest_with_another() {
    let served = Served::start().await;
    let request = served.sent().await;
    let concern = example("pass-on-child-protection-concern");
    served
        .make(
            request,
            "pass-on-child-protection-concern",
            "head.girvan",
            concern,
        )
        .await;
    let responder = Visitor::signed_in(&served.process.http, "social.work").await;
    until("the list knows it", Duration::from_secs(20), || async {
        let list = responder.get("/app/concerns").await;
        list.text.contains("Take it over").then_some(())
    })
    .await;
    let page = format!("/app/requests/{request}");
    responder.get(&page).await.says_not("Robin");
    let take_over = format!("{page}/moves/take-over-concern");
    let key = uuid::Uuid::new_v4().to_string();
    let done = responder
        .post(&take_over, &[("key", key.as_str()), ("concern", "1")])
        .await;
    assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.text);
    let known = responder.get(&page).await;
    known.says("You hold child protection concern 1");
    known.says("Robin");
    known.says_not("enjoys art");
    known.says("To keep the child safe today");
    let whole = responder.get(&format!("{page}?narrative=safe-now")).await;
    whole.says("enjoys art");
    // The team's own page shows a member nothing of it.
    let member = duty(&served).await;
    let outline = member.get(&page).await;
    outline.says_not("hold child protection concern");
    outline.says_not("Robin");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_day_up_to_a_due_date_says_why_it_counts() {
    let served = Served::start().await;
    let request = served.sent().await;
    let visitor = duty(&served).await;
    let page = format!("/app/requests/{request}/clocks/decide");
    let strip = visitor.get(&page).await;
    assert_eq!(strip.status, StatusCode::OK, "{}", strip.text);
    strip.says("The team has decided");
    strip.says("day 5 of 5");
    let unknown = visitor
        .get(&format!("/app/requests/{request}/clocks/nothing"))
        .await;
    assert_eq!(unknown.status, StatusCode::NOT_FOUND);
}
