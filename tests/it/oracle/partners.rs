//! What partners use: packages that nobody here wrote read our messages, verify our deliveries, take
//! our letters, and ask the API what it does not document.
//!
//! `make test-peers` runs these; `RFA_TEST_PEERS` is the environment that it builds.

use super::out;
use crate::contract::all_messages;
use crate::mail::letter_to_head;
use crate::support::client::Served;
use crate::support::required;
use crate::webhooks::delivered;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::Command;

const DEADLINE: Duration = Duration::from_secs(60);

fn program(name: &str) -> PathBuf {
    Path::new(&required("RFA_TEST_PEERS"))
        .join("bin")
        .join(name)
}

fn script(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/oracles")
        .join(name)
}

/// One JSON value a line.
fn lines(name: &str, values: &[Value]) -> PathBuf {
    let lines: Vec<String> = values.iter().map(Value::to_string).collect();
    let file = out(name);
    std::fs::write(&file, lines.join("\n") + "\n").unwrap();
    file
}

/// Fails with all that it said.
async fn passes(command: &mut Command) -> String {
    let output = command.output().await.unwrap();
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8_lossy(&said).into_owned();
    assert!(output.status.success(), "{said}");
    said
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "make test-peers runs it"]
async fn the_sdk_of_cloudevents_reads_every_message() {
    let messages = all_messages(12).await;
    let file = lines("messages.jsonl", &messages);
    let mut command = Command::new(program("python"));
    let said = passes(command.arg(script("messages.py")).arg(file)).await;
    assert!(
        said.contains(&format!("{} messages", messages.len())),
        "{said}"
    );
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "make test-peers runs it"]
async fn the_package_of_standard_webhooks_verifies_every_delivery() {
    let (secret, got) = delivered().await;
    let names = ["webhook-id", "webhook-timestamp", "webhook-signature"];
    let deliveries = got.iter().map(|got| {
        let headers = names.map(|name| (name.to_owned(), Value::from(got.header(name))));
        let headers: serde_json::Map<String, Value> = headers.into_iter().collect();
        let body = String::from_utf8(got.bytes.to_vec()).unwrap();
        json!({ "headers": headers, "body": body, "secret": secret })
    });
    let deliveries: Vec<Value> = deliveries.collect();
    let file = lines("deliveries.jsonl", &deliveries);
    let mut command = Command::new(program("python"));
    let said = passes(command.arg(script("deliveries.py")).arg(file)).await;
    assert!(said.contains("3 deliveries"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "make test-peers runs it"]
async fn a_mail_server_of_another_hand_takes_our_letters() {
    let mut server = Command::new(program("python"))
        .arg(script("letters.py"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let mut said = BufReader::new(server.stdout.take().unwrap()).lines();
    let port = tokio::time::timeout(DEADLINE, said.next_line()).await;
    let port = port.unwrap().unwrap().unwrap();
    let reference = letter_to_head(&format!("smtp://127.0.0.1:{port}")).await;
    let letter = tokio::time::timeout(DEADLINE, said.next_line()).await;
    let letter: Value = serde_json::from_str(&letter.unwrap().unwrap().unwrap()).unwrap();
    assert_eq!(letter["from"], "rfa@example.org");
    assert_eq!(letter["to"], json!(["head@example.org"]));
    assert_eq!(letter["subject"], format!("Request {reference}"));
    assert_eq!(letter["auto"], "auto-generated");
    assert_eq!(letter["defects"], json!([]));
    drop(server.stdin.take());
    assert!(server.wait().await.unwrap().success());
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "make test-peers runs it"]
async fn schemathesis_finds_no_server_error_and_nothing_undocumented() {
    let served = Served::start().await;
    served.sent().await;
    let document = format!("{}/openapi.json", served.process.http);
    for person in ["manager.service", "school.system"] {
        let token = format!("Authorization: Bearer {}", served.token(person));
        let mut command = Command::new(program("schemathesis"));
        command
            .current_dir(env!("CARGO_TARGET_TMPDIR"))
            .args(["run", &document, "-H", &token, "--no-color", "--seed", "1"])
            .args([
                "--checks",
                "not_a_server_error,status_code_conformance,content_type_conformance",
            ])
            .args([
                "--phases",
                "examples,coverage,fuzzing",
                "--max-examples",
                "5",
            ])
            .args(["--workers", "2", "--max-time", "30"])
            .args(["--generation-database", "none"]);
        let said = passes(&mut command).await;
        assert!(said.contains("passed"), "{said}");
    }
}
