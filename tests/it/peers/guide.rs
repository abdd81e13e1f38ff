//! docs/integrating.md, followed to the letter: its snippets are taken out of it and run in order.

use super::{checkout, command, python};
use crate::relay::stage::connect;
use crate::support::client::Served;
use crate::support::engine::now;
use crate::support::{Postgres, PrivateBroker};
use lapin::options::BasicPublishOptions;
use lapin::{BasicProperties, Channel};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio::process::Command;
use uuid::Uuid;

/// From starting to the last word of one snippet.
const PATIENCE: Duration = Duration::from_secs(60);
const QUEUE: &str = "rfa.agency.south-ayrshire.example-primary-girvan";
const MASTER_KEY: &str = "07";

/// The document's blocks by the file name in their opening line.
fn snippets() -> BTreeMap<String, String> {
    let text = std::fs::read_to_string(checkout().join("docs/integrating.md")).unwrap();
    let mut blocks = BTreeMap::new();
    let mut open: Option<(String, String)> = None;
    for line in text.lines() {
        match (line.strip_prefix("```"), &mut open) {
            (Some(info), None) => {
                let name = info.split_whitespace().nth(1);
                let name = name.unwrap_or_else(|| panic!("a block that nobody runs: {line}"));
                open = Some((name.to_owned(), String::new()));
            }
            (Some(_), Some(_)) => blocks.extend(open.take()),
            (None, Some((_, block))) => {
                block.push_str(line);
                block.push('\n');
            }
            (None, None) => {}
        }
    }
    blocks
}

#[test]
fn every_snippet_of_the_guide_is_run_here() {
    let names: Vec<String> = snippets().into_keys().collect();
    let run = [
        "receive.js",
        "receive.py",
        "receive.sh",
        "request.json",
        "send.js",
        "send.py",
        "send.sh",
        "set-up.sh",
    ];
    assert_eq!(names, run);
}

struct Reader {
    folder: PathBuf,
    variables: Vec<(&'static str, String)>,
}

impl Reader {
    /// A folder with the snippets as files.
    fn new(variables: Vec<(&'static str, String)>) -> Self {
        let name = format!("guide-{}", now().as_nanosecond());
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        std::fs::create_dir_all(&folder).unwrap();
        for (name, text) in snippets() {
            std::fs::write(folder.join(name), text).unwrap();
        }
        Self { folder, variables }
    }

    async fn say(&self, mut command: Command) -> String {
        let output = tokio::time::timeout(PATIENCE, command.output()).await;
        let output = output.expect("an end in time").unwrap();
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{command:?}: {said} {errors}");
        said
    }

    async fn run(&self, program: &Path, file: &str, more: &[(&'static str, String)]) -> String {
        let variables = [&self.variables[..], more].concat();
        let mut command = command(program, &self.folder, &variables);
        command.arg(file);
        self.say(command).await
    }

    /// A snippet that sends, with a key; gives the receipt.
    async fn sends(&self, program: &Path, file: &str, key: &str) -> Value {
        let key = [("KEY", key.to_owned())];
        let said = self.run(program, file, &key).await;
        serde_json::from_str(&said).unwrap_or_else(|error| panic!("{file}: {error}: {said}"))
    }

    /// A snippet that receives one message.
    async fn receives(&self, program: &Path, file: &str) -> Value {
        let one = [("COUNT", "1".to_owned())];
        let said = self.run(program, file, &one).await;
        serde_json::from_str(&said).unwrap_or_else(|error| panic!("{file}: {error}: {said}"))
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        if let Err(error) = std::fs::remove_dir_all(&self.folder) {
            eprintln!("{}: {error}", self.folder.display());
        }
    }
}

/// The lines of `school.env`.
fn account(folder: &Path) -> Vec<(&'static str, String)> {
    let text = std::fs::read_to_string(folder.join("school.env")).unwrap();
    let names = ["TOKEN", "BROKER", "MANAGEMENT", "QUEUE"];
    names
        .into_iter()
        .map(|name| {
            let start = format!("{name}=");
            let value = text.lines().find_map(|line| line.strip_prefix(&start));
            (name, value.unwrap().to_owned())
        })
        .collect()
}

/// Another message about the same request, in the queue that the guide reads.
async fn put(channel: &Channel, like: &Value, id: Uuid, version: u32) {
    let mut message = like.clone();
    message["id"] = json!(id);
    message["data"]["version"] = json!(version);
    let (body, queue) = (message.to_string(), QUEUE.into());
    let (options, properties) = (BasicPublishOptions::default(), BasicProperties::default());
    let sent = channel.basic_publish("".into(), queue, options, body.as_bytes(), properties);
    sent.await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs pika and amqplib: make test-peers"]
async fn whoever_follows_the_guide_sends_a_request_and_receives_a_message() {
    let (database, broker) = (Postgres::database().await, PrivateBroker::start().await);
    let served = Served::over(&database.url, &broker.url()).await;
    let mut reader = Reader::new(Vec::new());
    let servers = format!(
        "DATABASE_URL='{}'\nAMQP_URL='{}'\nMANAGEMENT_URL='{}'\nRABBITMQCTL='{}'\n",
        database.url,
        broker.url(),
        broker.management_url(),
        broker.control_program(),
    );
    std::fs::write(reader.folder.join("servers.env"), servers).unwrap();
    std::fs::write(reader.folder.join("master.key"), MASTER_KEY.repeat(32)).unwrap();
    reader.variables = vec![
        ("SERVERS", "./servers.env".to_owned()),
        ("RFA", env!("CARGO_BIN_EXE_rfa").to_owned()),
        ("RFA_MASTER_KEY_FILE", "master.key".to_owned()),
    ];
    let sh = Path::new("sh");
    reader.run(sh, "set-up.sh", &[]).await;
    reader.variables = account(&reader.folder);
    reader.variables.push(("API", served.process.http.clone()));

    let by_http = reader.sends(sh, "send.sh", "by-http").await;
    let told: Value = serde_json::from_str(
        reader.receives(sh, "receive.sh").await[0]["payload"]
            .as_str()
            .unwrap(),
    )
    .unwrap();
    assert_eq!(told["data"]["request_id"], by_http["request_id"]);
    assert_eq!(told["type"], "scot.rfa.request-sent.v1");

    let (_connection, channel) = connect(&broker.url()).await;
    let (python, node) = (python(), PathBuf::from("node"));
    for (program, ending) in [(&python, "py"), (&node, "js")] {
        let (send, receive) = (format!("send.{ending}"), format!("receive.{ending}"));
        let first = reader.sends(program, &send, ending).await;
        let told = reader.receives(program, &receive).await;
        assert_eq!(told["data"]["request_id"], first["request_id"], "{told}");
        // After its queue was full: what comes late is no copy, and a copy is.
        let (earlier, later) = (Uuid::new_v4(), Uuid::new_v4());
        for (id, version) in [(later, 2), (later, 2), (earlier, 1)] {
            put(&channel, &told, id, version).await;
        }
        let two = [("COUNT", "2".to_owned())];
        let said = reader.run(program, &receive, &two).await;
        let said: Vec<Value> = said
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect();
        let ids: Vec<&str> = said.iter().map(|one| one["id"].as_str().unwrap()).collect();
        assert_eq!(ids, [later.to_string(), earlier.to_string()]);

        let again = reader.sends(program, &send, ending).await;
        assert_eq!(again["duplicate"], json!(true), "{again}");
        assert_eq!(again["request_id"], first["request_id"]);
    }
}
