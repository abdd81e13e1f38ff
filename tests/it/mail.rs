//! E-mail over real SMTP: at the chosen occasions, to whoever asked, and never with a name.

mod post_office;

use crate::support::client::{Served, example};
use crate::support::{Broker, Postgres, until};
use crate::webhooks::office::{
    Office, authority, deputy, duty, hasty, head, lead, principal, school_system,
};
use post_office::{Arrived, PostOffice};
use reqwest::StatusCode;
use rfa::domain::ids::RequestId;
use rfa::domain::request::actor::{Principal, PrincipalKind};
use rfa::notices::webhook::{Networks, Sender};
use rfa::notices::{Channel, Mailer, NewSubscription, Occasion, Outlets};
use serde_json::json;
use std::time::Duration;
use uuid::Uuid;

const DEADLINE: Duration = Duration::from_secs(20);
const LONG: Duration = Duration::from_secs(3_600);

fn outlets(url: &str) -> Outlets {
    let link = "https://rfa.example.org";
    let mailer = Mailer::new(url, "rfa@example.org", link).unwrap();
    Outlets {
        webhooks: Sender::new(Networks::default()),
        mailer: Some(mailer),
    }
}

async fn subscribe(office: &Office, who: &Principal, to: &str, occasions: &[Occasion]) -> Uuid {
    let new = NewSubscription {
        authority: authority(),
        principal: who.id.clone(),
        key: Uuid::new_v4().to_string(),
        channel: Channel::Mail,
        target: to.to_owned(),
        occasions: Some(occasions.to_vec()),
    };
    office.subscriptions.subscribe(&new).await.unwrap().id
}

async fn reference(office: &Office, request: RequestId) -> String {
    let loaded = office.engine.commands.load("south-ayrshire", request).await;
    let loaded = loaded.unwrap();
    loaded.state.find().unwrap().opening.reference.to_string()
}

/// What arrived for an address, each by the words that tell what happened.
fn heard(arrived: &[Arrived], address: &str) -> Vec<&'static str> {
    let ours = arrived.iter().filter(|one| one.to.contains(address));
    let words = ["received", "question", "decision", "first contact", "ended"];
    ours.map(|one| *words.iter().find(|word| one.text.contains(*word)).unwrap())
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_asked_hears_at_the_chosen_occasions_and_no_letter_holds_a_name() {
    let other = principal(
        "guidance.queen-margaret",
        PrincipalKind::Person,
        "named-person",
        "queen-margaret-academy",
    );
    let office = Office::open(std::slice::from_ref(&other)).await;
    let post = PostOffice::open().await;
    subscribe(&office, &head(), "head@example.org", &Occasion::ALL).await;
    let some = [Occasion::Receipt, Occasion::End];
    subscribe(&office, &school_system(), "office@example.org", &some).await;
    subscribe(&office, &other, "other@example.org", &Occasion::ALL).await;
    let request = office.sent().await;
    office.asked(request).await;
    let answer = json!({ "answer": "Invented: on Mondays." });
    office.make(request, "answer", &head(), answer).await;
    office
        .make(request, "agree-to-help", &lead(), example("agree-to-help"))
        .await;
    let spoke = json!({ "with": "parent-carer", "how": "phone" });
    office
        .make(request, "spoke-with-family", &duty(), spoke.clone())
        .await;
    office
        .make(request, "spoke-with-family", &duty(), spoke)
        .await;
    office
        .make(
            request,
            "withdraw",
            &head(),
            json!({ "reason": "Invented." }),
        )
        .await;
    // A concern is told by phone, and by nobody's mail.
    let concern = office.sent().await;
    let passed = example("pass-on-child-protection-concern");
    office
        .make(concern, "pass-on-child-protection-concern", &duty(), passed)
        .await;
    let worker = office.worker_by(hasty(LONG), outlets(&post.url));
    let arrived = until("all letters", DEADLINE, || async {
        let arrived = post.arrived();
        (arrived.len() >= 9).then_some(arrived)
    })
    .await;
    worker.stop().await;
    assert_eq!(post.arrived().len(), 9);
    let reference = reference(&office, request).await;
    let ours: Vec<Arrived> = arrived
        .iter()
        .filter(|one| one.text.contains(&reference))
        .cloned()
        .collect();
    assert_eq!(
        heard(&ours, "head@example.org"),
        ["received", "question", "decision", "first contact", "ended"]
    );
    assert_eq!(heard(&ours, "office@example.org"), ["received", "ended"]);
    assert!(heard(&arrived, "other@example.org").is_empty());
    for one in &arrived {
        for written in ["Invented", "Robin", "Example (", "girvan", "2018"] {
            assert!(!one.text.contains(written), "{written}: {}", one.text);
        }
        assert!(one.text.contains("https://rfa.example.org"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_decision_that_is_the_end_is_told_to_whoever_chose_either() {
    let office = Office::open(&[]).await;
    let post = PostOffice::open().await;
    for (to, occasions) in [
        ("decision@example.org", &[Occasion::Decision][..]),
        ("end@example.org", &[Occasion::End]),
        ("all@example.org", &Occasion::ALL),
        ("question@example.org", &[Occasion::Question]),
    ] {
        subscribe(&office, &head(), to, occasions).await;
    }
    let request = office.sent().await;
    // What is proposed is told to nobody.
    let advice = example("propose-not-agreed");
    office
        .make(request, "propose-not-agreed", &lead(), advice)
        .await;
    let advice = example("not-agreed");
    office.make(request, "not-agreed", &deputy(), advice).await;
    let worker = office.worker_by(hasty(LONG), outlets(&post.url));
    let arrived = until("four letters", DEADLINE, || async {
        let arrived = post.arrived();
        (arrived.len() >= 4).then_some(arrived)
    })
    .await;
    worker.stop().await;
    assert_eq!(post.arrived().len(), 4);
    assert_eq!(heard(&arrived, "decision@example.org"), ["decision"]);
    assert_eq!(heard(&arrived, "end@example.org"), ["ended"]);
    let all = heard(&arrived, "all@example.org");
    assert_eq!(all, ["received", "decision"]);
}

/// A letter about a new request, taken by the server at that address; the request's reference.
pub(crate) async fn letter_to_head(server: &str) -> String {
    let office = Office::open(&[]).await;
    let id = subscribe(&office, &head(), "head@example.org", &Occasion::ALL).await;
    let request = office.sent().await;
    let worker = office.worker_by(hasty(LONG), outlets(server));
    until("it is taken", DEADLINE, || async {
        (office.seen(id).await.delivered_count == 1).then_some(())
    })
    .await;
    worker.stop().await;
    reference(&office, request).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_busy_server_is_tried_again_and_an_address_that_it_refuses_is_parked_at_once() {
    let office = Office::open(&[]).await;
    let post = PostOffice::open().await;
    let id = subscribe(&office, &head(), "head@example.org", &Occasion::ALL).await;
    post.refuse(&[
        "451 later",
        "452 full",
        "550 nobody of that name: head@example.org",
    ]);
    let request = office.sent().await;
    let worker = office.worker_by(hasty(LONG), outlets(&post.url));
    let seen = until("it is parked", DEADLINE, || async {
        let seen = office.seen(id).await;
        (seen.parked_count == 1).then_some(seen)
    })
    .await;
    let failure = seen.failure.unwrap();
    assert!(
        failure.contains("550") && !failure.contains('@'),
        "{failure}"
    );
    assert!(post.arrived().is_empty());
    assert_eq!(office.redrive(id).await, 1);
    until("it arrives", DEADLINE, || async {
        (office.seen(id).await.delivered_count == 1).then_some(())
    })
    .await;
    worker.stop().await;
    let reference = reference(&office, request).await;
    assert!(post.arrived()[0].text.contains(&reference));
    // The address is sealed.
    let client = office.engine.database.connect().await;
    let kept = "select string_agg(s::text || coalesce(d::text, ''), '') \
                from notices.subscriptions s left join notices.deliveries d on true";
    let kept: String = client.query_one(kept, &[]).await.unwrap().get(0);
    let hex: String = "head@example"
        .bytes()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    assert!(
        !kept.contains("head@example") && !kept.contains(&hex),
        "{kept}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn people_choose_over_http_what_they_hear_of() {
    let (database, vhost) = (Postgres::database().await, Broker::vhost().await);
    let post = PostOffice::open().await;
    let mail = [
        ("RFA_MAIL_URL", post.url.clone()),
        ("RFA_MAIL_FROM", "rfa@example.org".to_owned()),
    ];
    let served = Served::over_by(&database.url, &vhost.url, &mail).await;
    let wish = json!({ "address": "head@example.org", "occasions": ["receipt", "end"] });
    let made = served.post("/mail", "head.girvan", wish).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.text);
    assert_eq!(made.body["occasions"], json!(["receipt", "end"]));
    for (address, occasions, pointer) in [
        ("nobody", json!(["end"]), "/address"),
        ("a@example.org", json!([]), "/occasions"),
        ("a@example.org", json!(["breakfast"]), "/occasions"),
        ("a@example.org", json!("end"), "/occasions"),
    ] {
        let wish = json!({ "address": address, "occasions": occasions });
        let refused = served.post("/mail", "head.girvan", wish).await;
        assert_eq!(
            refused.status,
            StatusCode::UNPROCESSABLE_ENTITY,
            "{}",
            refused.text
        );
        assert_eq!(
            refused.body["errors"][0]["pointer"], pointer,
            "{}",
            refused.text
        );
    }
    served.sent().await;
    until("the letter", DEADLINE, || async {
        (post.arrived().len() == 1).then_some(())
    })
    .await;
    // Nobody else sees the address, and nothing tells it.
    assert_eq!(served.get("/mail", "hv.ayr").await.body, json!([]));
    assert!(!served.process.output().contains("head@example.org"));
    let id = made.body["id"].as_str().unwrap();
    let end = |by| {
        served
            .call(reqwest::Method::POST, &format!("/mail/{id}/end"), by)
            .key("any")
    };
    assert_eq!(end("hv.ayr").send().await.status, StatusCode::NOT_FOUND);
    assert_eq!(
        end("head.girvan").send().await.status,
        StatusCode::NO_CONTENT
    );
    let without = Served::start().await;
    let wish = json!({ "address": "head@example.org", "occasions": ["end"] });
    let refused = without.post("/mail", "head.girvan", wish).await;
    assert_eq!(refused.status, StatusCode::CONFLICT, "{}", refused.text);
}
