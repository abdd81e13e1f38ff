//! A new request, page by page: answered, kept, checked, sent once.

use super::Visitor;
use super::hours::closed_ten_minutes_ago;
use crate::support::client::Served;
use crate::support::{WorkflowFiles, until};
use reqwest::StatusCode;
use std::time::Duration;

/// The pages of a request with the least that is needed on them; all invented.
pub(super) const ANSWERS: [(&str, &[(&str, &str)]); 7] = [
    ("strengths", &[("going_well", "Invented: enjoys art.")]),
    (
        "worries",
        &[
            ("worried_about", "Invented: often absent."),
            ("tried_so_far", "Invented: breakfast club."),
        ],
    ),
    (
        "child",
        &[
            ("child.given_name", "Robin"),
            ("child.family_name", "Example (invented)"),
            ("child.date_of_birth", "2018-05-14"),
            ("child.school", "example-primary-girvan"),
            ("child.postcode", ""),
        ],
    ),
    (
        "help",
        &[
            ("help_wanted", "attendance"),
            ("help_wanted", "family-support"),
            ("hoped_for.0.hope", ""),
            ("hoped_for.1.hope", "Invented: in class most mornings."),
            ("urgency", "soon"),
        ],
    ),
    (
        "views",
        &[
            ("views.child.how", "drew"),
            ("views.child.words", "Invented: mornings are hard."),
            ("views.parent_carer.how", "said"),
            ("views.parent_carer.words", "Invented: we would like help."),
        ],
    ),
    (
        "sharing",
        &[
            ("sharing.told", "yes"),
            ("sharing.basis", "public-task"),
            ("agrees_to_help", "agrees"),
        ],
    ),
    ("you", &[("requester_role", "primary-head")]),
];

/// The address of a new draft's first page.
pub(super) async fn begun(visitor: &Visitor) -> String {
    let risk = visitor.get("/app/new").await;
    risk.says("Is a child at risk of harm now?");
    risk.says("999");
    let begun = visitor.post("/app/new", &[("risk", "no")]).await;
    assert_eq!(begun.status, StatusCode::SEE_OTHER, "{}", begun.text);
    begun.location().to_owned()
}

/// Answers every page from the given one; gives the address of the check.
pub(super) async fn answered(visitor: &Visitor, mut page: String) -> String {
    for (name, fields) in ANSWERS {
        assert!(page.ends_with(name), "{page}");
        let mut fields = fields.to_vec();
        if name == "you" {
            visitor
                .get(&page)
                .await
                .says("value=\"named-person\" checked");
            fields.push(("capacity", "named-person"));
        }
        let next = visitor.post(&page, &fields).await;
        assert_eq!(next.status, StatusCode::SEE_OTHER, "{page}: {}", next.text);
        page = next.location().to_owned();
    }
    assert!(page.ends_with("/check"), "{page}");
    page
}

pub(super) async fn head(served: &Served) -> Visitor {
    Visitor::signed_in(&served.process.http, "head.girvan").await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_is_sent_in_under_ten_pages_and_once() {
    let served = Served::start().await;
    let visitor = head(&served).await;
    let check = answered(&visitor, begun(&visitor).await).await;
    // The risk question, its answers' pages and the check.
    assert!(ANSWERS.len() + 2 < 10);
    let page = visitor.get(&check).await;
    for words in [
        "Robin",
        "Example (invented)",
        "14 May 2018",
        "Attendance at school, Family support",
        "Invented: in class most mornings.",
    ] {
        page.says(words);
    }
    // The heading asks already; the link to change it says it once more to those who only hear.
    assert_eq!(page.text.matches("What is going well").count(), 2);
    let send = check.replace("/check", "/send");
    let (one, two) = tokio::join!(visitor.post(&send, &[]), visitor.post(&send, &[]));
    assert_eq!(one.location(), two.location());
    let receipt = visitor.get(one.location()).await;
    receipt.says("The request was sent");
    receipt.says("Carrick and Girvan locality team");
    receipt.says("Due by the end of ");
    receipt.says(": a person has seen the request");
    // Back, and once more: nothing is sent twice.
    for page in [check.as_str(), &check.replace("check", "child")] {
        assert_eq!(visitor.get(page).await.location(), one.location());
    }
    assert_eq!(visitor.post(&send, &[]).await.location(), one.location());
    let mine = until("my requests", Duration::from_secs(20), || async {
        let mine = visitor.get("/app/mine").await;
        mine.text.contains("Where it is").then_some(mine)
    })
    .await;
    assert_eq!(mine.text.matches("Where it is").count(), 1);
    mine.says("Did help arrive?");
    mine.says("Not yet");
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_says_that_a_child_is_at_risk_is_told_what_to_ring_and_writes_nothing() {
    let served = Served::start().await;
    let visitor = head(&served).await;
    let danger = visitor.post("/app/new", &[("risk", "yes")]).await;
    assert_eq!(danger.location(), "/app/danger");
    visitor.get("/app/danger").await.says("999");
    let unanswered = visitor.post("/app/new", &[]).await;
    assert_eq!(unanswered.status, StatusCode::UNPROCESSABLE_ENTITY);
    unanswered.says("Choose yes or no");
    let stranger = Visitor::signed_in(&served.process.http, "duty.carrick").await;
    let refused = stranger.post("/app/new", &[("risk", "no")]).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
}

/// As at ten past four on a Friday, whatever day it is.
#[tokio::test(flavor = "multi_thread")]
async fn when_the_office_is_closed_the_numbers_are_those_of_out_of_hours() {
    let files = WorkflowFiles::copied("screens-just-closed");
    closed_ten_minutes_ago(&files);
    let served = Served::by(files.folder()).await;
    let visitor = head(&served).await;
    let request = served.sent().await;
    let concern = format!("/app/requests/{request}/moves/pass-on-child-protection-concern");
    for page in ["/app/new", "/app/danger", &concern] {
        let seen = visitor.get(page).await;
        seen.says("Social work out of hours");
        seen.says("0800 328 7758");
        seen.says_not("01292 288645");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_draft_is_kept_from_page_to_page_sealed_and_nobody_elses() {
    let served = Served::start().await;
    let visitor = head(&served).await;
    let first = begun(&visitor).await;
    let words = "Invented: a sentence to be found again <b>";
    let left = visitor
        .post(&first, &[("going_well", words), ("go", "later")])
        .await;
    assert_eq!(left.location(), "/app/mine");
    let mine = visitor.get("/app/mine").await;
    mine.says("Not sent yet");
    visitor
        .get(&first)
        .await
        .says("Invented: a sentence to be found again &lt;b&gt;");
    // Nothing of it lies there in the clear.
    let client = served.database().connect().await;
    let rows = client
        .query("select place, sealed from drafts.kept", &[])
        .await
        .unwrap();
    assert_eq!(rows.len(), 1);
    let sealed: Vec<u8> = rows[0].get(1);
    assert!(!String::from_utf8_lossy(&sealed).contains("sentence"));
    let other = Visitor::signed_in(&served.process.http, "hv.ayr").await;
    assert_eq!(other.get(&first).await.status, StatusCode::NOT_FOUND);
    // What is wrong is told and kept all the same.
    let wrong = visitor
        .post(
            &first.replace("strengths", "child"),
            &[
                ("child.date_of_birth", "2030-02-31"),
                ("child.given_name", "Robin"),
            ],
        )
        .await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    wrong.says("Enter the child's family name");
    wrong.says("Date of birth must be a date that exists");
    wrong.says("value=\"2030-02-31\"");
    // A list gets an entry more, without a script.
    let help = first.replace("strengths", "help");
    let again = visitor
        .post(
            &help,
            &[
                ("hoped_for.0.hope", "Invented: one."),
                ("again", "hoped_for"),
            ],
        )
        .await;
    visitor
        .get(again.location())
        .await
        .says("name=\"hoped_for.1.hope\"");
    let gone = visitor
        .post(&first.replace("strengths", "discard"), &[])
        .await;
    assert_eq!(gone.location(), "/app/mine");
    assert_eq!(visitor.get(&first).await.status, StatusCode::NOT_FOUND);
    let keys =
        "select count(*) from vault.keys where subject_kind = 'message' and wrapped is not null";
    let living: i64 = client.query_one(keys, &[]).await.unwrap().get(0);
    assert_eq!(living, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_by_mistake_can_be_taken_back_and_the_check_leads_to_what_is_wrong() {
    let served = Served::start().await;
    let visitor = head(&served).await;
    let first = begun(&visitor).await;
    // Nothing was answered yet: it is no draft to come back to.
    visitor.get("/app/mine").await.says_not("Not sent yet");
    let check = answered(&visitor, first.clone()).await;
    visitor.get("/app/mine").await.says("Not sent yet");
    let views = first.replace("strengths", "views");
    let (_, answers) = ANSWERS[4];
    let mistaken = [answers, &[("views.child.why_not", "too-young")]].concat();
    let wrong = visitor.post(&views, &mistaken).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    wrong.says("Leave “Why it was not sought” empty");
    // Sent all the same, it is told, and the way leads to a page where it is marked.
    let refused = visitor.post(&check.replace("/check", "/send"), &[]).await;
    let way = format!("{views}?wrong=1#q-views-child-why-not");
    refused.says(&format!("href=\"{way}\""));
    let marked = visitor.get(&way).await;
    marked.says("id=\"q-views-child-why-not-error\"");
    marked.says("No answer");
    let mended = [answers, &[("views.child.why_not", "")]].concat();
    let next = visitor.post(&views, &mended).await;
    assert_eq!(next.status, StatusCode::SEE_OTHER, "{}", next.text);
    let sent = visitor.post(&check.replace("/check", "/send"), &[]).await;
    assert_eq!(sent.status, StatusCode::SEE_OTHER, "{}", sent.text);
    assert!(sent.location().starts_with("/app/sent/"));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_waits_for_an_answer_stands_first_and_what_has_ended_is_a_click_away() {
    let served = Served::start().await;
    let visitor = head(&served).await;
    let [oldest, asked, ended] = [
        served.sent().await,
        served.sent().await,
        served.sent().await,
    ];
    let question = serde_json::json!({ "question": "Invented: which days?" });
    served.make(asked, "ask", "lead.carrick", question).await;
    let why = serde_json::json!({ "reason": "Invented: an aunt helps." });
    let gone = served.make(ended, "withdraw", "head.girvan", why).await;
    assert_eq!(gone.status, StatusCode::OK, "{}", gone.text);
    let place = |text: &str, request: uuid::Uuid| text.find(&format!("id=\"request-{request}\""));
    let order = |text: &str| {
        let asked = text.find(&format!("/app/requests/{asked}/moves/answer"))?;
        let [oldest, ended] = [oldest, ended].map(|one| place(text, one));
        Some((asked < oldest?, ended.is_some()))
    };
    for (page, with_ended) in [("/app/mine", false), ("/app/mine?all=yes", true)] {
        until("the list", Duration::from_secs(20), || async {
            let seen = visitor.get(page).await;
            (order(&seen.text) == Some((true, with_ended))).then_some(())
        })
        .await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_question_is_answered_by_whoever_asked() {
    let served = Served::start().await;
    let visitor = head(&served).await;
    let request = served.sent().await;
    let asked = served
        .make(
            request,
            "ask",
            "lead.carrick",
            serde_json::json!({ "question": "Invented: which days?" }),
        )
        .await;
    assert_eq!(asked.status, StatusCode::OK, "{}", asked.text);
    let mine = until("the question", Duration::from_secs(20), || async {
        let mine = visitor.get("/app/mine").await;
        mine.text.contains("waits for your answer").then_some(mine)
    })
    .await;
    mine.says("Answer the question");
    let form = format!("/app/requests/{request}/moves/answer");
    visitor.get(&form).await.says("Invented: which days?");
    let done = visitor
        .fill_in(&form, &[("answer", "Invented: Mondays.")])
        .await;
    assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.text);
    until("nothing waits", Duration::from_secs(20), || async {
        let mine = visitor.get("/app/mine").await;
        (!mine.text.contains("waits for your answer")).then_some(())
    })
    .await;
}
