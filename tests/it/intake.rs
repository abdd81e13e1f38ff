//! What service accounts send as messages: judged as calls are, told, and never lost.

mod faults;
mod sender;

pub(crate) use sender::{MOVE, OPEN, School};

use crate::support::client::{Served, example};
use crate::support::until;
use lapin::BasicProperties;
use lapin::options::BasicPublishOptions;
use reqwest::{Method, StatusCode};
use sender::{SOON, new_request, parked, with_header};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use uuid::Uuid;

#[tokio::test(flavor = "multi_thread")]
async fn a_system_sends_a_request_and_its_moves_and_the_same_message_gives_the_same_receipt() {
    let served = Served::start().await;
    let mut school = School::of(&served).await;
    let properties = school.properties(OPEN);
    let body = new_request(example("send"));
    let first = school.ask(properties.clone(), &body).await;
    assert_eq!(first.content_type, "application/json", "{first:?}");
    let request = first.body["request_id"].as_str().unwrap().to_owned();
    let again = school.ask(properties, &body).await;
    let mut expected = first.body.clone();
    expected["duplicate"] = json!(true);
    assert_eq!(again.body, expected);
    let seen = served
        .get(&format!("/requests/{request}"), "head.girvan")
        .await;
    assert_eq!(seen.status, StatusCode::OK);
    assert_eq!(seen.body["requester"], "head.girvan");

    let mut withdraw = json!({
        "request": request, "move": "withdraw", "on_behalf_of": "head.girvan",
        "data": { "reason": "Invented: the family has moved." },
    });
    let hasty = school.ask(school.properties(MOVE), &withdraw).await;
    assert_eq!(hasty.body["status"], 428, "{hasty:?}");
    withdraw["if_match"] = json!(1);
    withdraw["epoch"] = json!(Uuid::nil());
    let restored = school.ask(school.properties(MOVE), &withdraw).await;
    assert_eq!(restored.body["status"], 412, "{restored:?}");
    let epoch = first.body["position"].as_str().unwrap();
    withdraw["epoch"] = json!(epoch.split_once('-').unwrap().0);
    let made = school.ask(school.properties(MOVE), &withdraw).await;
    assert_eq!(made.body["version"], 2, "{made:?}");
    parked(&served, 0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_is_the_same_document_as_over_http_and_waits_for_a_person_if_nobody_hears_it() {
    let served = Served::start().await;
    let mut school = School::of(&served).await;
    let mut data = example("send");
    data["child"]["date_of_birth"] = json!("Kanari-born");
    data.as_object_mut().unwrap().remove("urgency");
    let body = new_request(data);
    let told = school.ask(school.properties(OPEN), &body).await;
    assert_eq!(told.content_type, "application/problem+json");
    let call = served
        .call(Method::POST, "/requests", "school.system")
        .key("the-same-by-http")
        .json(body.clone())
        .send()
        .await;
    let mut by_http = call.body;
    by_http["instance"] = told.body["instance"].clone();
    assert_eq!(told.body, by_http);
    assert_eq!(told.body["status"], 422);
    parked(&served, 0).await;

    // Without an address, and with one where nobody is.
    let bytes = body.to_string();
    school.send(school.properties(OPEN), bytes.as_bytes()).await;
    let own = format!("{}.replies", school.user);
    for gone in [
        own.as_str(),
        "amq.rabbitmq.reply-to.g1h2AA5yZXBseUAyMDM5NTQyMgAAB.gone",
    ] {
        let properties = school.properties(OPEN).with_reply_to(gone.into());
        school.send(properties, bytes.as_bytes()).await;
    }
    for (_, sender, reason, detail, _) in parked(&served, 3).await {
        assert_eq!(sender.as_deref(), Some(school.user.as_str()));
        assert_eq!(reason, "bad-data");
        assert!(!detail.contains("Kanari"), "{detail}");
    }
}

/// Catalogue of what a message may get wrong, each with the code of the problem that it is.
fn poison(school: &School) -> Vec<(&'static str, BasicProperties, Vec<u8>)> {
    let body = new_request(example("send")).to_string().into_bytes();
    let good = || school.properties(OPEN);
    let nameless = BasicProperties::default()
        .with_message_id("canary-1".into())
        .with_type(OPEN.into())
        .with_content_type("application/json".into());
    let keyless = BasicProperties::default()
        .with_user_id(school.user.as_str().into())
        .with_type(OPEN.into())
        .with_content_type("application/json".into());
    let bad = "bad-message";
    let deep = "[".repeat(200).into_bytes();
    let large = format!("{{\"data\": {{\"x\": \"{}\"}}}}", "x".repeat(300_000)).into_bytes();
    vec![
        ("unauthorised", nameless, body.clone()),
        (bad, keyless, body.clone()),
        (
            bad,
            good().with_message_id("Kanari Family".into()),
            body.clone(),
        ),
        (
            bad,
            good().with_type("scot.rfa.open-request.v2".into()),
            body.clone(),
        ),
        (bad, good().with_type("Kanari-kind".into()), body.clone()),
        (
            bad,
            good().with_content_type("text/plain".into()),
            body.clone(),
        ),
        (
            bad,
            good().with_content_encoding("gzip".into()),
            body.clone(),
        ),
        (bad, good().with_expiration("60000".into()), body.clone()),
        (
            bad,
            good().with_reply_to("rfa.team.south-ayrshire.garf".into()),
            body.clone(),
        ),
        (
            bad,
            good().with_reply_to("health.replies".into()),
            body.clone(),
        ),
        (
            bad,
            with_header(good(), "child", "Kanari Family"),
            body.clone(),
        ),
        (
            bad,
            with_header(good(), "x-large", &"x".repeat(100_000)),
            body,
        ),
        ("not-json", good(), b"Kanari, not JSON".to_vec()),
        ("invalid-encoding", good(), b"\"Kanari \xff\"".to_vec()),
        ("nul-not-allowed", good(), b"\"Kanari\0\"".to_vec()),
        ("too-deep", good(), deep),
        ("body-too-large", good(), large),
        ("body-too-large", good(), vec![b'x'; 17 * 1024 * 1024]),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_read_waits_with_its_reason_and_all_other_traffic_goes_on() {
    let served = Served::start().await;
    let mut school = School::of(&served).await;
    let poison = poison(&school);
    let mut good = BTreeSet::new();
    for (_, properties, body) in &poison {
        school.send(properties.clone(), body).await;
        let body = new_request(example("send"));
        let receipt = school.ask(school.properties(OPEN), &body).await;
        assert_eq!(receipt.content_type, "application/json", "{receipt:?}");
        good.insert(receipt.body["request_id"].as_str().unwrap().to_owned());
    }
    assert_eq!(good.len(), poison.len());
    let waiting = parked(&served, poison.len()).await;
    let mut expected: Vec<&str> = poison.iter().map(|(reason, ..)| *reason).collect();
    let mut found: Vec<&str> = waiting.iter().map(|row| row.2.as_str()).collect();
    expected.sort_unstable();
    found.sort_unstable();
    assert_eq!(found, expected);

    // The same once more is the same row.
    let (reason, properties, body) = &poison[11];
    school.send(properties.clone(), body).await;
    until("it was counted", SOON, || async {
        let waiting = parked(&served, poison.len()).await;
        waiting
            .iter()
            .find(|row| row.2 == *reason && row.4 == 2)
            .map(drop)
    })
    .await;

    let (went_well, list) = served.run(&["intake", "list"]).await;
    assert!(
        went_well && list.contains("not-json") && list.contains("not kept"),
        "{list}"
    );
    let owner = served.database().connect().await;
    let rows = "select row_to_json(p)::text from intake.parked p";
    let rows = owner.query(rows, &[]).await.unwrap();
    let stored: Vec<String> = rows.iter().map(|row| row.get(0)).collect();
    let metrics = format!("{}/metrics", served.process.metrics);
    let metrics = reqwest::get(metrics).await.unwrap().text().await.unwrap();
    assert!(metrics.contains("rfa_intake_parked_total{reason=\"not-json\"}"));
    for text in [
        &list,
        &stored.join("\n"),
        &metrics,
        &served.process.output(),
    ] {
        assert!(!text.contains("Kanari"), "a canary in: {text}");
        assert!(!text.contains("4b616e617269"), "a canary in: {text}");
    }
    let ready = format!("{}/readyz", served.process.http);
    until("it is shown", SOON, || async {
        let ready: Value = reqwest::get(&ready).await.ok()?.json().await.ok()?;
        let count = i64::try_from(poison.len()).unwrap();
        let is_shown = ready["intake"]["parked"] == json!(count);
        (is_shown && ready["down"] == json!(["intake"])).then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_of_an_unknown_user_is_taken_once_somebody_says_who_it_is() {
    let served = Served::start().await;
    let school = School::unknown(&served).await;
    let body = new_request(example("send")).to_string();
    school.send(school.properties(OPEN), body.as_bytes()).await;
    let (id, sender, reason, ..) = parked(&served, 1).await.remove(0);
    assert_eq!(sender.as_deref(), Some(school.user.as_str()));
    assert_eq!(reason, "unauthorised");
    let id = id.to_string();
    let (went_well, said) = served.run(&["intake", "redrive", &id]).await;
    assert!(!went_well && said.contains("unauthorised"), "{said}");

    let person = ["intake", "allow", school.user.as_str(), "head.girvan"];
    let (went_well, said) = served.run(&person).await;
    assert!(!went_well && said.contains("is a person"), "{said}");
    let account = ["intake", "allow", school.user.as_str(), "school.system"];
    assert!(served.run(&account).await.0);
    let (went_well, said) = served.run(&["intake", "redrive", &id]).await;
    assert!(went_well, "{said}");
    let receipt: Value = serde_json::from_str(&said[said.find('{').unwrap()..]).unwrap();
    let request = receipt["request_id"].as_str().unwrap();
    let seen = served
        .get(&format!("/requests/{request}"), "head.girvan")
        .await;
    assert_eq!(seen.status, StatusCode::OK);
    parked(&served, 0).await;

    let owner = served.database().connect().await;
    let left = "select (select count(*) from vault.keys where subject_kind = 'message')
        + (select count(*) from intake.parked where sealed is not null)";
    let left: i64 = owner.query_one(left, &[]).await.unwrap().get(0);
    assert_eq!(left, 0);
    let (_, said) = served.run(&["intake", "senders"]).await;
    assert!(
        said.contains(&school.user) && said.contains("school.system"),
        "{said}"
    );
    assert!(served.run(&["intake", "forbid", &school.user]).await.0);
    school.send(school.properties(OPEN), body.as_bytes()).await;
    let (id, ..) = parked(&served, 1).await.remove(0);
    assert!(served.run(&["intake", "discard", &id.to_string()]).await.0);
    parked(&served, 0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_sends_in_anothers_name_and_a_sender_may_do_nothing_else() {
    let served = Served::start().await;
    let school = School::of(&served).await;
    let closed = |exchange: &'static str, properties: BasicProperties| {
        let school = &school;
        async move {
            let channel = school.another_channel().await;
            let options = BasicPublishOptions::default();
            let sent = channel
                .basic_publish(exchange.into(), "".into(), options, b"{}", properties)
                .await;
            drop(sent);
            until("the broker refuses", SOON, || async {
                (!channel.status().connected()).then_some(())
            })
            .await;
        }
    };
    let other = School::of(&served).await;
    let in_anothers_name = school
        .properties(OPEN)
        .with_user_id(other.user.as_str().into());
    closed("rfa.intake", in_anothers_name).await;
    for exchange in ["rfa.events", "rfa.agencies", "rfa.restricted", ""] {
        closed(exchange, school.properties(OPEN)).await;
    }
    parked(&served, 0).await;
}

#[test]
fn the_description_of_what_is_taken_in_fits_what_is_read() {
    let document = rfa::relay::asyncapi::document();
    let schema = |name: &str| {
        let schema = &document["components"]["schemas"][name];
        jsonschema::validator_for(schema).unwrap()
    };
    let open = schema("open-request-1");
    assert!(open.is_valid(&new_request(example("send"))));
    assert!(!open.is_valid(&json!({ "data": {}, "unknown": 1 })));
    let make = schema("make-move-1");
    let data = json!({ "reason": "Invented." });
    let fine = json!({ "request": Uuid::nil(), "move": "withdraw", "if_match": 1, "data": data });
    assert!(make.is_valid(&fine));
    assert!(!make.is_valid(&json!({ "move": "withdraw", "data": data })));
    for kind in [OPEN, MOVE] {
        let messages = document["components"]["messages"].to_string();
        assert!(messages.contains(kind), "{kind}");
    }
}
