//! Nothing personal leaves the seal: canaries in every free text, found nowhere in the clear.

use crate::support::client::{Answer, Served, example};
use crate::support::{PrivateBroker, PrivatePostgres, ProcessUnderTest};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use reqwest::Method;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use uuid::Uuid;

/// Every way in which a text could stand in a file.
fn shapes(canary: &str) -> Vec<Vec<u8>> {
    let mut shapes = vec![canary.as_bytes().to_vec()];
    // In base64 a text looks different at each of three offsets.
    for offset in 0..3 {
        let padded = [&vec![b' '; offset][..], canary.as_bytes()].concat();
        for encoded in [STANDARD.encode(&padded), URL_SAFE_NO_PAD.encode(&padded)] {
            let inner = encoded.trim_end_matches('=');
            shapes.push(inner.as_bytes()[4..inner.len() - 4].to_vec());
        }
    }
    let escaped: String = canary
        .chars()
        .map(|c| format!("\\u{:04x}", c as u32))
        .collect();
    shapes.push(escaped.into_bytes());
    shapes.push(
        canary
            .bytes()
            .map(|b| format!("{b:02x}"))
            .collect::<String>()
            .into_bytes(),
    );
    shapes
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return Vec::new();
    };
    entries
        .flatten()
        .flat_map(|entry| {
            let path = entry.path();
            if path.is_dir() {
                files(&path)
            } else {
                vec![path]
            }
        })
        .collect()
}

/// Canaries found in the bytes, by name.
fn found(canaries: &[String], bytes: &[u8]) -> Vec<String> {
    let is_in = |shape: &Vec<u8>| find(bytes, shape).is_some();
    canaries
        .iter()
        .filter(|canary| shapes(canary).iter().any(&is_in))
        .cloned()
        .collect()
}

/// How every canary begins, as text, hexadecimal, escaped, and in base64 at each offset.
const HINTS: [&[u8]; 6] = [
    b"Kanari",
    b"4b616e617269",
    b"\\u004b\\u0061",
    b"S2FuYXJp",
    b"thbmFya",
    b"LYW5hcm",
];

/// The bytes around everything that begins like a canary.
fn neighbourhoods(bytes: &[u8]) -> Vec<u8> {
    let mut around = Vec::new();
    for hint in HINTS {
        let mut from = 0;
        while let Some(at) = find(&bytes[from..], hint) {
            let at = from + at;
            around.extend(&bytes[at.saturating_sub(16)..(at + 320).min(bytes.len())]);
            around.push(0);
            from = at + hint.len();
        }
    }
    around
}

fn search(canaries: &[String], places: &[PathBuf]) -> Vec<String> {
    let mut leaks = Vec::new();
    for file in places.iter().flat_map(|place| files(place)) {
        let around = neighbourhoods(&std::fs::read(&file).unwrap_or_default());
        let found = found(canaries, &around);
        if !found.is_empty() {
            leaks.push(format!("{}: {found:?}", file.display()));
        }
    }
    leaks
}

fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    let mut from = 0;
    while let Some(at) = bytes[from..].iter().position(|byte| *byte == wanted[0]) {
        if bytes[from + at..].starts_with(wanted) {
            return Some(from + at);
        }
        from += at + 1;
    }
    None
}

/// Puts a canary of its own into every free text.
fn with_canaries(value: &mut Value, canaries: &mut Vec<String>) {
    match value {
        Value::String(text) if text.contains("nvented") => {
            let canary = format!("Kanari{}", Uuid::new_v4().simple());
            *text = canary.clone();
            canaries.push(canary);
        }
        Value::Array(items) => items
            .iter_mut()
            .for_each(|item| with_canaries(item, canaries)),
        Value::Object(fields) => fields.values_mut().for_each(|v| with_canaries(v, canaries)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

struct World {
    served: Served,
    postgres: PrivatePostgres,
    broker: PrivateBroker,
}

async fn world() -> World {
    let (postgres, broker) = (PrivatePostgres::start().await, PrivateBroker::start().await);
    let environment =
        [("DATABASE_URL", &*postgres.url())].map(|(n, v)| (n.to_owned(), v.to_owned()));
    let environment: Vec<(&str, &str)> = environment
        .iter()
        .map(|(n, v)| (n.as_str(), v.as_str()))
        .collect();
    let mut migrate = ProcessUnderTest::spawn(&["migrate"], &environment);
    assert!(migrate.wait().await.success(), "{}", migrate.output());
    let served = Served::over(&postgres.url(), &broker.url()).await;
    World {
        served,
        postgres,
        broker,
    }
}

#[tokio::test(flavor = "multi_thread")]
#[expect(clippy::too_many_lines, reason = "one walk through every door")]
async fn no_free_text_is_found_in_the_clear_anywhere() {
    let world = world().await;
    let (served, mut canaries) = (&world.served, Vec::new());
    let mut data = example("send");
    with_canaries(&mut data, &mut canaries);
    data["child"]["given_name"] = json!(format!("Kanari{}", Uuid::new_v4().simple()));
    data["child"]["address"] = json!(format!("Kanari{}", Uuid::new_v4().simple()));
    canaries.push(data["child"]["given_name"].as_str().unwrap().to_owned());
    canaries.push(data["child"]["address"].as_str().unwrap().to_owned());
    assert!(canaries.len() >= 8, "{canaries:?}");
    let key = format!("Kanari{}", Uuid::new_v4().simple());
    let odd_header = format!("Kanari{}", Uuid::new_v4().simple());
    let sent = served
        .call(Method::POST, "/requests", "head.girvan")
        .key(&key)
        .header("X-Odd", &odd_header)
        .json(json!({ "data": data }))
        .send()
        .await;
    assert_eq!(sent.status.as_u16(), 201, "{}", sent.text);
    canaries.extend([key, odd_header]);

    let mut said = vec![sent.text.clone()];
    let request: Uuid = serde_json::from_value(sent.body["request_id"].clone()).unwrap();
    let mut agree = example("agree-to-help");
    with_canaries(&mut agree, &mut canaries);
    said.push(
        served
            .make(request, "agree-to-help", "lead.carrick", agree)
            .await
            .text,
    );
    said.extend(
        refused(served, &mut canaries)
            .await
            .into_iter()
            .map(|answer| answer.text),
    );
    for path in [
        "/caseloads",
        "/teams/carrick-team/queue",
        "/requests?team=carrick-team",
    ] {
        said.push(served.get(path, "duty.carrick").await.text);
    }
    said.push(
        reqwest::get(format!("{}/metrics", served.process.metrics))
            .await
            .unwrap()
            .text()
            .await
            .unwrap(),
    );
    said.push(served.process.output());
    for text in &said {
        assert_eq!(
            found(&canaries, text.as_bytes()),
            Vec::<String>::new(),
            "{text}"
        );
    }
    // Whoever may read, reads it all.
    let opened = served
        .get(&format!("/requests/{request}"), "head.girvan")
        .await
        .text;
    assert!(
        opened.contains(canaries[0].as_str()),
        "the requester reads the request"
    );

    let planted = format!("Kanari{}", Uuid::new_v4().simple());
    plant(&world, &planted).await;
    world.postgres.stop().await;
    world.broker.stop().await;
    let places = [world.postgres.data_dir(), world.broker.data_dir()];
    let leaks = search(&canaries, &places);
    assert!(leaks.is_empty(), "{leaks:#?}");
    // The same search finds one that was planted.
    assert!(!search(&[planted], &places).is_empty());
}

/// Bad input that quotes canaries: the answer may not echo them.
async fn refused(served: &Served, canaries: &mut Vec<String>) -> Vec<Answer> {
    let mut answers = Vec::new();
    let canary = || format!("Kanari{}", Uuid::new_v4().simple());
    let (enumeration, unknown, path, query) = (canary(), canary(), canary(), canary());
    let mut wrong_enum = example("send");
    wrong_enum["urgency"] = json!(enumeration);
    answers.push(
        served
            .post("/requests", "head.girvan", json!({ "data": wrong_enum }))
            .await,
    );
    let mut unknown_field = example("send");
    unknown_field[&unknown] = json!(true);
    answers.push(
        served
            .post("/requests", "head.girvan", json!({ "data": unknown_field }))
            .await,
    );
    answers.push(
        served
            .get(&format!("/requests/{path}"), "head.girvan")
            .await,
    );
    answers.push(
        served
            .get(&format!("/requests?surname={query}"), "head.girvan")
            .await,
    );
    assert!(answers.iter().all(|answer| answer.status.is_client_error()));
    canaries.extend([enumeration, unknown, path, query]);
    answers
}

async fn plant(world: &World, canary: &str) {
    let (client, connection) =
        tokio_postgres::connect(&world.postgres.url(), tokio_postgres::NoTls)
            .await
            .unwrap();
    let driver = tokio::spawn(connection);
    let plant = "insert into access.tokens (token_hash, authority, principal, label) \
                 values ('\\x00', 'a', 'b', $1)";
    client.execute(plant, &[&canary]).await.unwrap();
    client.batch_execute("checkpoint").await.unwrap();
    drop(client);
    driver.await.unwrap().unwrap();
}
