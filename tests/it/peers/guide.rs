//! docs/integrating.md, followed to the letter: its snippets are taken out of it and run in order.

use super::{checkout, command, python};
use crate::relay::stage::connect;
use crate::support::client::Served;
use crate::support::engine::now;
use crate::support::{Postgres, PrivateBroker, until};
use lapin::options::BasicPublishOptions;
use lapin::{BasicProperties, Channel};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::io::Write;
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

pub(super) struct Reader {
    folder: PathBuf,
    variables: Vec<(&'static str, String)>,
}

impl Reader {
    /// A folder with the snippets as files.
    pub(super) fn new(variables: Vec<(&'static str, String)>) -> Self {
        let name = format!("guide-{}", now().as_nanosecond());
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        std::fs::create_dir_all(&folder).unwrap();
        for (name, text) in snippets() {
            std::fs::write(folder.join(name), text).unwrap();
        }
        Self { folder, variables }
    }

    async fn say(&self, patience: Duration, mut command: Command) -> String {
        let output = tokio::time::timeout(patience, command.output()).await;
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
        self.say(PATIENCE, command).await
    }

    /// A snippet that has more to do than others.
    pub(super) async fn runs_for(&self, patience: Duration, program: &Path, file: &str) -> String {
        let mut command = command(program, &self.folder, &self.variables);
        command.arg(file);
        self.say(patience, command).await
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

impl Reader {
    /// As if the process that writes lines had been ended in the middle of one.
    fn tear_the_inbox(&self) {
        let inbox = std::fs::OpenOptions::new()
            .append(true)
            .open(self.folder.join("inbox.jsonl"));
        // The other one is a database.
        if let Ok(mut inbox) = inbox {
            inbox.write_all(b"{\"event\":{\"epoch").unwrap();
        }
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

/// Messages about the request of another one, in the queue that the guide reads.
struct MoreMessages<'a> {
    channel: &'a Channel,
    like: &'a Value,
}

impl MoreMessages<'_> {
    async fn put(&self, place: u32) {
        let (message, id) = (self.like.clone(), Uuid::new_v4());
        self.publish(message, place, id).await;
    }

    async fn put_twice(&self, place: u32) {
        let id = Uuid::new_v4();
        for _ in 0..2 {
            self.publish(self.like.clone(), place, id).await;
        }
    }

    /// As if the log had been restored to where nothing of the request's messages holds.
    async fn put_after_a_restore(&self, epoch: Uuid, place: u32) {
        let (_, position) = self.like["position"]
            .as_str()
            .unwrap()
            .split_once('-')
            .unwrap();
        let position: i64 = position.parse().unwrap();
        let mut message = self.like.clone();
        message["epoch"] = json!(epoch);
        message["epochafter"] = json!((position - 1).to_string());
        message["position"] = json!(format!("{}-{position}", epoch.simple()));
        self.publish(message, place, Uuid::new_v4()).await;
    }

    async fn publish(&self, mut message: Value, place: u32, id: Uuid) {
        message["id"] = json!(id);
        message["place"] = json!(place);
        let (body, queue) = (message.to_string(), QUEUE.into());
        let (options, properties) = (BasicPublishOptions::default(), BasicProperties::default());
        let channel = self.channel;
        let sent = channel.basic_publish("".into(), queue, options, body.as_bytes(), properties);
        sent.await.unwrap();
    }
}

/// A program of the guide that receives, and goes on where it was at each start.
struct ReceivingSnippet<'a> {
    reader: &'a Reader,
    program: &'a Path,
    file: String,
}

impl ReceivingSnippet<'_> {
    async fn hands_on(&self, count: usize) -> Vec<Value> {
        self.run(&[("COUNT", count.to_string())]).await
    }

    /// Without patience for what is missing.
    async fn hands_on_at_once(&self, count: usize) -> Vec<Value> {
        let variables = [("COUNT", count.to_string()), ("WAIT", "0".to_owned())];
        self.run(&variables).await
    }

    async fn run(&self, variables: &[(&'static str, String)]) -> Vec<Value> {
        let said = self.reader.run(self.program, &self.file, variables).await;
        let lines = said.lines().map(serde_json::from_str);
        lines
            .collect::<Result<_, _>>()
            .unwrap_or_else(|e| panic!("{}: {e}: {said}", self.file))
    }
}

fn places(events: &[Value]) -> Vec<u64> {
    let place = |event: &Value| event["place"].as_u64().unwrap();
    events.iter().map(place).collect()
}

/// What is late, missing, a copy or void.
async fn keeps_order(snippet: &ReceivingSnippet<'_>, more: &MoreMessages<'_>) {
    more.put_twice(3).await;
    more.put(2).await;
    assert_eq!(places(&snippet.hands_on(2).await), [2, 3]);
    // The fourth is missing: the request is read, and then it is too late for it.
    more.put(5).await;
    let read = snippet.hands_on_at_once(1).await;
    assert_eq!(read[0]["id"], more.like["subject"], "{read:?}");
    assert_eq!(read[0]["reference"], more.like["data"]["reference"]);
    more.put(4).await;
    more.put(6).await;
    snippet.reader.tear_the_inbox();
    assert_eq!(places(&snippet.hands_on(1).await), [6]);
    // The new epoch stands at the second place; the API of this one does not know its positions.
    let epoch = Uuid::new_v4();
    more.put_after_a_restore(epoch, 2).await;
    let told = snippet.hands_on_at_once(1).await;
    assert_eq!(places(&told), [2]);
    more.put(7).await;
    more.put_after_a_restore(epoch, 3).await;
    assert_eq!(places(&snippet.hands_on(1).await), [3]);
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
    let told = until("the first message", PATIENCE, || async {
        let got = reader.receives(sh, "receive.sh").await;
        got[0]["payload"].as_str().map(str::to_owned)
    });
    let told: Value = serde_json::from_str(&told.await).unwrap();
    assert_eq!(told["data"]["request_id"], by_http["request_id"]);
    assert_eq!(told["type"], "scot.rfa.request-sent.v1");

    let (_connection, channel) = connect(&broker.url()).await;
    let (python, node) = (python(), PathBuf::from("node"));
    for (program, ending) in [(&python, "py"), (&node, "js")] {
        let (send, receive) = (format!("send.{ending}"), format!("receive.{ending}"));
        let first = reader.sends(program, &send, ending).await;
        let snippet = ReceivingSnippet {
            reader: &reader,
            program,
            file: receive,
        };
        let told = snippet.hands_on(1).await.remove(0);
        assert_eq!(told["data"]["request_id"], first["request_id"], "{told}");
        assert_eq!(told["place"], json!(1));
        let more = MoreMessages {
            channel: &channel,
            like: &told,
        };
        keeps_order(&snippet, &more).await;

        let again = reader.sends(program, &send, ending).await;
        assert_eq!(again["duplicate"], json!(true), "{again}");
        assert_eq!(again["request_id"], first["request_id"]);
    }
}
