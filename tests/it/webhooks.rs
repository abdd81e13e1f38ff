//! Webhooks against a real receiver: nothing lost, in order, signed, and to nobody who may not know.

pub(crate) mod office;
mod receiver;

use crate::support::client::{Answer, Served, example};
use crate::support::{Broker, Postgres, ProcessUnderTest, TestDatabase, TestVhost, until};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use office::{Office, duty, hasty, principal, school_system};
pub(crate) use receiver::Got;
use receiver::{Receiver, Reply};
use reqwest::{Method, StatusCode};
use rfa::domain::ids::AgencyId;
use rfa::domain::request::actor::{Grant, Principal, PrincipalKind};
use rfa::notices::webhook::Networks;
use serde_json::json;
use sha2::Sha256;
use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;
use uuid::Uuid;

const DEADLINE: Duration = Duration::from_secs(20);
const LONG: Duration = Duration::from_secs(3_600);

/// By the words of the specification, and not by our code.
fn is_signed(got: &Got, secret: &str) -> bool {
    let key = STANDARD
        .decode(secret.strip_prefix("whsec_").unwrap())
        .unwrap();
    let mut mac = Hmac::<Sha256>::new_from_slice(&key).unwrap();
    for part in [
        got.header("webhook-id"),
        ".",
        got.header("webhook-timestamp"),
        ".",
    ] {
        mac.update(part.as_bytes());
    }
    mac.update(&got.bytes);
    let wanted = format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()));
    got.header("webhook-signature")
        .split(' ')
        .any(|one| one == wanted)
}

fn versions(taken: &[Got]) -> Vec<i64> {
    let version = |got: &Got| got.body()["data"]["version"].as_i64().unwrap();
    taken.iter().map(version).collect()
}

async fn taken(receiver: &Receiver, count: usize) -> Vec<Got> {
    until("so many deliveries", DEADLINE, || async {
        let taken = receiver.taken();
        (taken.len() >= count).then_some(taken)
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn what_happens_is_posted_signed_and_in_order_through_errors_hang_ups_and_redirects() {
    let office = Office::open(&[]).await;
    let receiver = Receiver::start().await;
    let before = office.sent().await;
    let (id, secret) = office.subscribe(&school_system(), &receiver).await;
    receiver.reply(&[
        Reply::Status(500),
        Reply::HangUp,
        Reply::Redirect,
        Reply::Status(429),
    ]);
    let request = office.sent().await;
    office
        .make(
            request,
            "tell-requester",
            &duty(),
            json!({ "how": "phone" }),
        )
        .await;
    office.asked(request).await;
    let worker = office.worker(hasty(LONG));
    let taken = taken(&receiver, 3).await;
    assert_eq!(versions(&taken), [1, 2, 3]);
    let got = receiver.got();
    assert_eq!(got.len(), 7);
    for got in &got {
        assert!(is_signed(got, &secret.reveal()), "{got:?}");
        assert_eq!(got.path, "/hook");
        assert_eq!(got.header("content-type"), "application/cloudevents+json");
        assert_eq!(got.header("webhook-id"), got.body()["id"]);
        assert_eq!(got.body()["subject"], request.0.to_string());
    }
    // The failed attempts were all of the first: nothing overtook it.
    let first = taken[0].header("webhook-id");
    assert!(got[..5].iter().all(|got| got.header("webhook-id") == first));
    assert_eq!(taken[2].body()["type"], "scot.rfa.question-asked.v1");
    let text: Vec<u8> = got.iter().flat_map(|got| got.bytes.to_vec()).collect();
    let text = String::from_utf8(text).unwrap();
    for written in ["Invented", "Robin", "2018-05-14"] {
        assert!(!text.contains(written), "{written}");
    }
    assert!(!text.contains(&before.0.to_string()));
    let seen = until("the last is counted", DEADLINE, || async {
        let seen = office.seen(id).await;
        (seen.delivered_count == 3).then_some(seen)
    })
    .await;
    assert_eq!((seen.waiting_count, seen.parked_count), (0, 0));
    worker.stop().await;
}

/// Three deliveries, one of them after another secret was made; the first secret, which is good for all.
pub(crate) async fn delivered() -> (String, Vec<Got>) {
    let office = Office::open(&[]).await;
    let receiver = Receiver::start().await;
    let (id, secret) = office.subscribe(&school_system(), &receiver).await;
    let request = office.sent().await;
    office
        .make(
            request,
            "tell-requester",
            &duty(),
            json!({ "how": "phone" }),
        )
        .await;
    let worker = office.worker(hasty(LONG));
    taken(&receiver, 2).await;
    office.rotate(id).await;
    office.asked(request).await;
    let got = taken(&receiver, 3).await;
    worker.stop().await;
    (secret.reveal(), got)
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_is_told_of_its_own_agency_or_team_and_a_concern_is_a_stub() {
    let account = |id, role, at| principal(id, PrincipalKind::ServiceAccount, role, at);
    let team = account("team.system", "locality-worker", "carrick-team");
    let other = account("other.system", "submitter", "queen-margaret-academy");
    let person = duty();
    let office = Office::open(&[team.clone(), other.clone()]).await;
    let (ours, theirs, nobody, no_person) = (
        Receiver::start().await,
        Receiver::start().await,
        Receiver::start().await,
        Receiver::start().await,
    );
    let (_, secret) = office.subscribe(&team, &ours).await;
    office.subscribe(&school_system(), &theirs).await;
    office.subscribe(&other, &nobody).await;
    office.subscribe(&person, &no_person).await;
    let request = office.sent().await;
    let away = json!({ "team": "ayr-north-team", "because": "family-moved", "reason": "Invented" });
    office.make(request, "pass-on", &duty(), away).await;
    let north = principal(
        "duty.ayr-north",
        PrincipalKind::Person,
        "locality-worker",
        "ayr-north-team",
    );
    let concern = example("pass-on-child-protection-concern");
    office
        .make(request, "pass-on-child-protection-concern", &north, concern)
        .await;
    let worker = office.worker(hasty(LONG));
    let school = taken(&theirs, 3).await;
    assert_eq!(versions(&school), [1, 2, 3]);
    assert_eq!(
        school[2].body()["type"],
        "scot.rfa.moved-to-another-process.v1"
    );
    // The team hears that it gave the request away, and nothing after that.
    let carrick = taken(&ours, 2).await;
    assert_eq!(versions(&carrick), [1, 2]);
    assert!(is_signed(&carrick[0], &secret.reveal()));
    worker.stop().await;
    assert_eq!(ours.got().len(), 2);
    assert!(nobody.got().is_empty() && no_person.got().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_never_arrives_is_parked_with_what_follows_it_and_sent_once_it_is_redriven() {
    let office = Office::open(&[]).await;
    let receiver = Receiver::start().await;
    receiver.usually(Reply::Status(503));
    let (id, _) = office.subscribe(&school_system(), &receiver).await;
    let request = office.sent().await;
    office
        .make(
            request,
            "tell-requester",
            &duty(),
            json!({ "how": "phone" }),
        )
        .await;
    let worker = office.worker(hasty(Duration::from_millis(100)));
    let seen = until("it is parked", DEADLINE, || async {
        let seen = office.seen(id).await;
        (seen.parked_count == 1).then_some(seen)
    })
    .await;
    // Of the same request nothing overtakes it; another one goes on.
    assert_eq!(seen.waiting_count, 1);
    assert_eq!(
        seen.failure.as_deref(),
        Some("answered 503 Service Unavailable")
    );
    receiver.usually(Reply::Status(200));
    let other = office.sent().await;
    let alone = taken(&receiver, 1).await;
    assert_eq!(alone[0].body()["subject"], other.0.to_string());
    // They come in order: a place would say nothing.
    assert!(alone[0].body().get("place").is_none());
    worker.stop().await;
    assert_eq!(office.redrive(id).await, 2);
    // Another replica takes over.
    let worker = office.worker(hasty(LONG));
    let all = taken(&receiver, 3).await;
    assert_eq!(versions(&all[1..]), [1, 2]);
    // Gone is gone.
    receiver.usually(Reply::Status(410));
    office.asked(request).await;
    until("it is ended", DEADLINE, || async {
        office.seen(id).await.ended_because
    })
    .await;
    let until_now = receiver.got().len();
    office.sent().await;
    worker.stop().await;
    assert_eq!(receiver.got().len(), until_now);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_this_build_cannot_read_is_parked_and_the_others_go_on() {
    let office = Office::open(&[]).await;
    let receiver = Receiver::start().await;
    office.subscribe(&school_system(), &receiver).await;
    let request = office.sent().await;
    office.written_by_a_newer_build(request).await;
    let other = office.sent().await;
    let worker = office.worker(hasty(LONG));
    taken(&receiver, 2).await;
    worker.stop().await;
    let client = office.engine.database.connect().await;
    let parked = "select stream from reader.parked where name = 'notices'";
    let parked: Uuid = client.query_one(parked, &[]).await.unwrap().get(0);
    assert_eq!(parked, request.0);
    // The next worker tries what is parked once more, and does not stumble over it.
    office
        .make(other, "tell-requester", &duty(), json!({ "how": "phone" }))
        .await;
    let worker = office.worker(hasty(LONG));
    let all = taken(&receiver, 3).await;
    worker.stop().await;
    assert_eq!(all[2].body()["subject"], other.0.to_string());
    assert_eq!(all[2].body()["data"]["version"], 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn workers_that_are_killed_lose_nothing_and_never_change_the_order_of_a_request() {
    const REQUESTS: usize = 12;
    let office = Office::open(&[]).await;
    let receiver = Receiver::start().await;
    office.subscribe(&school_system(), &receiver).await;
    let mut requests = Vec::new();
    for _ in 0..REQUESTS {
        let request = office.sent().await;
        office
            .make(
                request,
                "tell-requester",
                &duty(),
                json!({ "how": "phone" }),
            )
            .await;
        office.asked(request).await;
        requests.push(request.0.to_string());
    }
    let mut kills = 0;
    receiver.usually(Reply::Silence);
    while receiver.taken().len() < 2 * REQUESTS {
        assert!(kills < 2_000, "nothing gets through");
        // Wherever it is, and when some have been taken and one more is on its way.
        let worker = office.worker(hasty(LONG));
        let so_long = Duration::from_millis(5 + kills * 7 % 20);
        worker.kill_after(so_long).await;
        office.let_leases_run_out().await;
        receiver.reply(&vec![Reply::Status(204); 1 + kills as usize % 3]);
        let unanswered = receiver.unanswered();
        let worker = office.worker(hasty(LONG));
        until("one is on its way", DEADLINE, || async {
            (receiver.unanswered() > unanswered).then_some(())
        })
        .await;
        worker.kill().await;
        office.let_leases_run_out().await;
        kills += 2;
    }
    receiver.usually(Reply::Status(204));
    let worker = office.worker(hasty(LONG));
    let all = until("all have arrived", DEADLINE, || async {
        let taken = receiver.taken();
        let last = |got: &&Got| got.body()["data"]["version"] == 3;
        let ended: BTreeSet<String> = taken.iter().filter(last).map(subject).collect();
        (ended.len() == REQUESTS).then_some(taken)
    })
    .await;
    worker.stop().await;
    for request in requests {
        let mut told: Vec<i64> = Vec::new();
        for got in all.iter().filter(|got| subject(got) == request) {
            let version = got.body()["data"]["version"].as_i64().unwrap();
            // Again after a kill, but never a later one before an earlier.
            let newest = told.last().copied().unwrap_or(0);
            assert!(version <= newest + 1, "{version} after {newest}");
            if version > newest {
                told.push(version);
            }
        }
        assert_eq!(told, [1, 2, 3]);
    }
}

fn subject(got: &Got) -> String {
    got.body()["subject"].as_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_lost_the_right_to_know_is_told_nothing_that_was_on_its_way_already() {
    let office = Office::open(&[]).await;
    let receiver = Receiver::start().await;
    receiver.usually(Reply::Status(503));
    let (id, _) = office.subscribe(&school_system(), &receiver).await;
    office.sent().await;
    let worker = office.worker(hasty(LONG));
    until("it was tried", DEADLINE, || async {
        office.seen(id).await.failure
    })
    .await;
    // It asks for another agency now.
    let elsewhere = Grant {
        agency: Some(AgencyId::parse("nhs").unwrap()),
        ..school_system().grants[0].clone()
    };
    office
        .grant(&[Principal {
            grants: vec![elsewhere],
            ..school_system()
        }])
        .await;
    let why = Some("whoever subscribed may not know of it now".to_owned());
    until("it is no longer tried", DEADLINE, || async {
        (office.seen(id).await.failure == why).then_some(())
    })
    .await;
    receiver.usually(Reply::Status(200));
    let client = office.engine.database.connect().await;
    let attempts = async || -> i32 {
        let attempts = "select attempts from notices.deliveries";
        client.query_one(attempts, &[]).await.unwrap().get(0)
    };
    let before = attempts().await;
    until("three attempts more", DEADLINE, || async {
        (attempts().await >= before + 3).then_some(())
    })
    .await;
    worker.stop().await;
    assert!(receiver.taken().is_empty());
    assert_eq!(office.seen(id).await.waiting_count, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_webhook_where_all_is_given_up_for_a_month_ends_and_keeps_nothing_for_ever() {
    let office = Office::open(&[]).await;
    let receivers = [
        Receiver::start().await,
        Receiver::start().await,
        Receiver::start().await,
    ];
    let [silent, mended, quiet] = &receivers;
    let mut ids = Vec::new();
    for receiver in &receivers {
        receiver.usually(Reply::Status(503));
        ids.push(office.subscribe(&school_system(), receiver).await.0);
    }
    office.sent().await;
    let worker = office.worker(hasty(Duration::from_millis(50)));
    let client = office.engine.database.connect().await;
    let parked = async |count: i64| {
        until("it is parked", DEADLINE, || async {
            let parked = "select count(*) from notices.deliveries where parked_at is not null";
            let row = client.query_one(parked, &[]).await.unwrap();
            (row.get::<_, i64>(0) == count).then_some(())
        })
        .await;
    };
    parked(3).await;
    let a_month_later = "update notices.deliveries set parked_at = parked_at - interval '31 days'";
    client.batch_execute(a_month_later).await.unwrap();
    // Nothing is sent to the third any more; the second was mended meanwhile.
    let (lost, kept, calm) = (ids[0], ids[1], ids[2]);
    mended.usually(Reply::Status(200));
    let rest = "update notices.subscriptions set after_position = 1000000 where id = $1";
    client.execute(rest, &[&calm]).await.unwrap();
    office.sent().await;
    taken(mended, 1).await;
    parked(4).await;
    let ended = until("it is ended", DEADLINE, || async {
        office.seen(lost).await.ended_because
    })
    .await;
    assert_eq!(ended, "nothing has arrived there for too long");
    let seen = office.seen(lost).await;
    assert_eq!((seen.waiting_count, seen.parked_count), (0, 2));
    for going_on in [kept, calm] {
        assert_eq!(office.seen(going_on).await.ended_because, None);
    }
    assert!(silent.taken().is_empty() && quiet.taken().is_empty());
    let another = "update notices.subscriptions set ended_at = ended_at - interval '31 days'";
    client.batch_execute(another).await.unwrap();
    until("its notices are gone", DEADLINE, || async {
        (office.seen(lost).await.parked_count == 0).then_some(())
    })
    .await;
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_goes_to_an_address_that_is_not_public_and_the_reason_is_shown() {
    let office = Office::open(&[]).await;
    let receiver = Receiver::start().await;
    let (id, _) = office.subscribe(&school_system(), &receiver).await;
    office.sent().await;
    let worker = office.worker_within(hasty(LONG), Networks::default());
    let failure = until("it failed", DEADLINE, || async {
        office.seen(id).await.failure
    })
    .await;
    worker.stop().await;
    assert!(failure.contains("not public"), "{failure}");
    assert!(receiver.got().is_empty());
}

const WHO: &str = "school.system";

/// A server that may post to loopback, and its database.
async fn served() -> (Served, TestDatabase, TestVhost) {
    let (database, vhost) = (Postgres::database().await, Broker::vhost().await);
    let allowed = [("RFA_WEBHOOK_NETWORKS", "127.0.0.1".to_owned())];
    let served = Served::over_by(&database.url, &vhost.url, &allowed).await;
    (served, database, vhost)
}

async fn subscribe(served: &Served, key: &str, url: &str, by: &str) -> Answer {
    let call = served.call(Method::POST, "/webhooks", by).key(key);
    call.json(json!({ "url": url })).send().await
}

async fn call(served: &Served, id: &str, verb: &str) -> Answer {
    let path = format!("/webhooks/{id}/{verb}");
    served
        .call(Method::POST, &path, WHO)
        .key("any")
        .send()
        .await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_account_subscribes_over_http_and_an_operator_sees_it() {
    let (served, database, _vhost) = served().await;
    let receiver = Receiver::start().await;
    let made = subscribe(&served, "k1", &receiver.url, WHO).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.text);
    let secret = made.body["secret"].as_str().unwrap();
    let again = subscribe(&served, "k1", &receiver.url, WHO).await;
    assert_eq!(again.body, made.body);
    served.sent().await;
    let got = taken(&receiver, 1).await;
    assert!(is_signed(&got[0], secret));

    let id = made.body["id"].as_str().unwrap();
    let changed = call(&served, id, "secret").await;
    served.sent().await;
    let got = taken(&receiver, 2).await;
    // Both are good for a while, and the two before the newest.
    assert!(is_signed(&got[1], secret));
    assert!(is_signed(&got[1], changed.body["secret"].as_str().unwrap()));
    let newest = call(&served, id, "secret").await;
    served.sent().await;
    let got = taken(&receiver, 3).await;
    assert!(is_signed(&got[2], secret));
    assert!(is_signed(&got[2], newest.body["secret"].as_str().unwrap()));
    let again = subscribe(&served, "k1", &receiver.url, WHO).await;
    assert_eq!(again.body["secret"], newest.body["secret"]);
    let listed = until("all are counted", DEADLINE, || async {
        let listed = served.get("/webhooks", WHO).await;
        (listed.body[0]["delivered_count"] == 3).then_some(listed)
    })
    .await;
    assert_eq!(listed.body[0]["url"], receiver.url);
    assert_eq!(call(&served, id, "redrive").await.body["count"], 0);
    let url = database.url.clone();
    let mut process = ProcessUnderTest::spawn(&["webhooks", "list"], &[("DATABASE_URL", &url)]);
    process.wait().await;
    let printed = process.output();
    assert!(printed.contains(id) && printed.contains(WHO), "{printed}");
    assert!(!printed.contains(&receiver.url), "{printed}");
    let ended = call(&served, id, "end").await;
    assert_eq!(ended.status, StatusCode::NO_CONTENT);
    let ended = served.get("/webhooks", WHO).await;
    assert_eq!(ended.body[0]["ended_because"], "ended by its owner");
    // Whoever subscribes at each start hears that nothing comes under this key any more.
    let over = subscribe(&served, "k1", &receiver.url, WHO).await;
    assert!(
        over.status.is_client_error() && over.text.contains("ended"),
        "{}",
        over.text
    );
    // Where to is sealed, and the secret lies nowhere.
    let client = database.connect().await;
    let kept = "select s::text from notices.subscriptions s";
    let row: String = client.query_one(kept, &[]).await.unwrap().get(0);
    let bytes = receiver.url.bytes().map(|byte| format!("{byte:02x}"));
    let hex: String = bytes.collect();
    assert!(!row.contains(&receiver.url) && !row.contains(&hex), "{row}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_subscription_that_cannot_be_is_refused_with_the_reason() {
    let (served, _database, _vhost) = served().await;
    let receiver = Receiver::start().await;
    let made = subscribe(&served, "k1", &receiver.url, WHO).await;
    for (key, url, by, status) in [
        ("k1", "http://127.0.0.1:1/other", WHO, 422),
        ("k2", &*receiver.url, "head.girvan", 403),
        ("k3", "http://10.1.2.3/hook", WHO, 422),
        ("k4", "https://169.254.169.254/latest", WHO, 422),
        ("k5", "http://8.8.8.8/hook", WHO, 422),
        ("k6", "not an address", WHO, 422),
    ] {
        let refused = subscribe(&served, key, url, by).await;
        assert_eq!(refused.status.as_u16(), status, "{url}: {}", refused.text);
    }
    let id = made.body["id"].as_str().unwrap();
    let body = served
        .post(&format!("/webhooks/{id}/secret"), WHO, json!({}))
        .await;
    assert_eq!(
        body.status,
        StatusCode::UNPROCESSABLE_ENTITY,
        "{}",
        body.text
    );
    for unknown in ["not-one", "00000000-0000-0000-0000-000000000000"] {
        let answer = call(&served, unknown, "end").await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{}", answer.text);
    }
    for number in 2..=10 {
        let more = subscribe(&served, &format!("n{number}"), &receiver.url, WHO).await;
        assert_eq!(more.status, StatusCode::CREATED, "{}", more.text);
    }
    let too_many = subscribe(&served, "n11", &receiver.url, WHO).await;
    assert_eq!(too_many.status, StatusCode::CONFLICT, "{}", too_many.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn with_tls_only_a_trusted_certificate_for_that_host_is_posted_to() {
    let (database, vhost) = (Postgres::database().await, Broker::vhost().await);
    let trusted = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/webhooks/tls/ca.pem");
    let variables = [
        ("RFA_WEBHOOK_NETWORKS", "127.0.0.1, ::1".to_owned()),
        ("SSL_CERT_FILE", trusted.to_str().unwrap().to_owned()),
    ];
    let served = Served::over_by(&database.url, &vhost.url, &variables).await;
    let (right, wrong) = (
        Receiver::start_with_tls().await,
        Receiver::start_with_tls().await,
    );
    // The certificate is for `localhost`.
    let by_number = wrong.url.replace("localhost", "127.0.0.1");
    for (key, url) in [("right", &right.url), ("wrong", &by_number)] {
        let made = subscribe(&served, key, url, WHO).await;
        assert_eq!(made.status, StatusCode::CREATED, "{}", made.text);
    }
    served.sent().await;
    let got = taken(&right, 1).await;
    assert_eq!(got[0].body()["type"], "scot.rfa.request-sent.v1");
    let failure = until("the other one failed", DEADLINE, || async {
        let listed = served.get("/webhooks", WHO).await;
        let listed = listed.body.as_array()?.clone();
        let other = listed.into_iter().find(|one| one["url"] == *by_number)?;
        other["failure"].as_str().map(str::to_owned)
    })
    .await;
    assert!(failure.contains("certificate"), "{failure}");
    assert!(wrong.got().is_empty());
}
