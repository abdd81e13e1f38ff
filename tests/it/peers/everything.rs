//! Every committed event reaches clients of another hand, whatever is done to the broker meanwhile.

use super::{checkout, command, node_modules, python};
use crate::relay::stage::connect;
use crate::support::client::{Served, example};
use crate::support::engine::now;
use crate::support::{Postgres, PrivateBroker, until};
use futures::StreamExt;
use lapin::options::QueueDeleteOptions;
use lapin::types::FieldTable;
use reqwest::{Method, StatusCode};
use rfa::log::connect::LogConfig;
use rfa::log::{Log, Position, StreamKind};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::time::Duration;
use tokio::process::Child;
use uuid::Uuid;

/// At the least, unless `RFA_TEST_PEERS_REQUESTS` says otherwise; more while a fault lasts.
const REQUESTS: usize = 500;
/// For everything that waits for a broker to come back and be emptied.
const PATIENCE: Duration = Duration::from_secs(180);
/// Requests sent at the same time.
const SENDERS: usize = 2;
const LOST: &str = "rfa.team.south-ayrshire.carrick-team";
const UNBOUND: &str = "rfa.team.south-ayrshire.ayr-south-team";
/// Whose requests go to which team: who asks, where the child lives, who acknowledges.
const ROUTES: [[&str; 3]; 4] = [
    ["head.girvan", "ZA4 1AA", "duty.carrick"],
    ["guidance.queen-margaret", "ZA3 1AA", "duty.ayr-south"],
    ["head.girvan", "ZA1 1AA", "duty.prestwick"],
    ["guidance.queen-margaret", "ZA2 1AA", "duty.ayr-north"],
];

/// Which of the two reads a queue.
fn of_python(queue: &str) -> bool {
    [LOST, "rfa.team.south-ayrshire.prestwick-and-troon-team"].contains(&queue)
}

fn requests() -> usize {
    let asked = std::env::var("RFA_TEST_PEERS_REQUESTS").ok();
    asked.map_or(REQUESTS, |count| count.parse().expect("a number"))
}

struct Peers {
    served: Served,
    broker: PrivateBroker,
    folder: PathBuf,
    /// Killed with this value.
    consumers: Vec<Child>,
    /// Of the next request.
    number: AtomicUsize,
    sent: AtomicUsize,
    database: crate::support::TestDatabase,
}

impl Peers {
    async fn start() -> Self {
        let (database, broker) = (Postgres::database().await, PrivateBroker::start().await);
        let served = Served::over(&database.url, &broker.url()).await;
        let name = format!("peers-{}", now().as_nanosecond());
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        std::fs::create_dir_all(&folder).unwrap();
        let mut peers = Self {
            served,
            broker,
            folder,
            consumers: Vec::new(),
            number: AtomicUsize::new(0),
            sent: AtomicUsize::new(0),
            database,
        };
        let queues = peers.team_queues().await;
        assert!(queues.iter().any(|q| q == LOST) && queues.iter().any(|q| q == UNBOUND));
        let scripts = checkout().join("tests/peers");
        assert!(node_modules().join("amqplib").is_dir(), "amqplib");
        // One reader a queue: two that share one have no order between them. Each of them has one of
        // the queues that are spoiled and others that are not.
        let (ours, theirs): (Vec<_>, Vec<_>) = queues.iter().partition(|queue| of_python(queue));
        for (program, script, queues) in [
            (python(), "consume.py", ours),
            ("node".into(), "consume.js", theirs),
        ] {
            let mut consumer = command(&program, &peers.folder, &[]);
            consumer
                .arg(scripts.join(script))
                .arg(peers.broker.url())
                .arg(peers.folder.join(script))
                .args(queues);
            peers.consumers.push(consumer.spawn().unwrap());
        }
        peers
    }

    async fn team_queues(&self) -> Vec<String> {
        let url = format!("{}/queues/%2F", self.broker.management_url());
        until("the queues of all teams", PATIENCE, || async {
            let queues: Value = reqwest::get(&url).await.ok()?.json().await.ok()?;
            let names = queues.as_array()?.iter().filter_map(|q| q["name"].as_str());
            let teams = names.filter(|name| name.starts_with("rfa.team."));
            let teams: Vec<String> = teams.map(str::to_owned).collect();
            (teams.len() > 10).then_some(teams)
        })
        .await
    }

    /// A request and its acknowledgement: taken whatever the broker does.
    async fn send(&self, number: usize) {
        let [person, postcode, worker] = ROUTES[number % ROUTES.len()];
        let mut data = example("send");
        data["child"]["postcode"] = json!(postcode);
        let key = format!("peers-{number}");
        let sent = self
            .served
            .call(Method::POST, "/requests", person)
            .key(&key);
        let sent = sent.json(json!({ "data": data })).send().await;
        assert_eq!(sent.status, StatusCode::CREATED, "{}", sent.text);
        let request = sent.body["request_id"].as_str().unwrap();
        let path = format!("/requests/{request}/moves/tell-requester");
        let made = self.served.call(Method::POST, &path, worker).key(&key);
        let made = made
            .header("If-Match", "\"1\"")
            .json(json!({ "data": { "how": "phone" } }));
        let made = made.send().await;
        assert_eq!(made.status, StatusCode::OK, "{}", made.text);
        self.sent.fetch_add(1, SeqCst);
    }

    /// Requests are sent for as long as the fault lasts, and so many at the least.
    async fn send_during(&self, at_least: usize, fault: impl Future<Output = ()>) {
        let (goal, is_over) = (self.sent.load(SeqCst) + at_least, AtomicBool::new(false));
        let fault = async {
            fault.await;
            is_over.store(true, SeqCst);
        };
        let senders = futures::stream::iter(0..SENDERS).map(async |_| {
            while self.sent.load(SeqCst) < goal || !is_over.load(SeqCst) {
                self.send(self.number.fetch_add(1, SeqCst)).await;
            }
        });
        let sending = senders.buffer_unordered(SENDERS).collect::<Vec<()>>();
        tokio::join!(fault, sending);
    }

    /// One fault after the other, each in the middle of the sending.
    async fn spoil(&self, count: usize) {
        let part = count.div_ceil(5);
        self.send_during(part, async {
            self.broker.stop().await;
            self.broker.start_again().await;
        })
        .await;
        self.send_during(part, async {
            self.broker.kill().await;
            self.broker.start_again().await;
            self.ready("the broker is back", |ready| ready["broker"] == "up")
                .await;
        })
        .await;
        self.send_during(part, async {
            let limit = "set_vm_memory_high_watermark";
            self.broker.control(&[limit, "absolute", "1MB"]).await;
            self.ready("the alarm is seen", |ready| {
                let trouble = ready["relay"][0]["trouble"].as_str();
                trouble.is_some_and(|trouble| trouble.contains("short of memory"))
            })
            .await;
            self.broker.control(&[limit, "0.8"]).await;
        })
        .await;
        let (_connection, channel) = connect(&self.broker.url()).await;
        self.send_during(part, async {
            let deleted = channel.queue_delete(LOST.into(), QueueDeleteOptions::default());
            deleted.await.unwrap();
        })
        .await;
        self.send_during(part, async {
            let (exchange, key) = (
                "rfa.events".into(),
                "south-ayrshire.ayr-south-team.*".into(),
            );
            let nothing = FieldTable::default();
            let unbound = channel.queue_unbind(UNBOUND.into(), exchange, key, nothing);
            unbound.await.unwrap();
        })
        .await;
    }

    async fn ready(&self, what: &str, condition: impl Fn(&Value) -> bool) {
        let url = format!("{}/readyz", self.served.process.http);
        until(what, PATIENCE, || async {
            let ready: Value = reqwest::get(&url).await.ok()?.json().await.ok()?;
            condition(&ready).then_some(())
        })
        .await;
    }

    /// Ids of events with request and version, as the log has them.
    async fn committed(&self) -> BTreeMap<Uuid, (Uuid, i64)> {
        let config = LogConfig {
            database_url: self.database.url.clone(),
            queue_commands_max: 10,
            pool_max: 2,
        };
        let log = Log::connect(&config).await.unwrap();
        let mut committed = BTreeMap::new();
        for event in log.read_after(Position(0), 10_000_000).await.unwrap() {
            if event.stream_kind == StreamKind::Request {
                let told = (event.stream, i64::from(event.version));
                committed.insert(event.event_id(), told);
            }
        }
        committed
    }

    /// What each of them wrote down.
    fn consumed(&self) -> Vec<Vec<Consumed>> {
        ["consume.py", "consume.js"]
            .map(|file| {
                let text = std::fs::read_to_string(self.folder.join(file)).unwrap_or_default();
                let whole = text.rsplit_once('\n').map_or("", |(whole, _)| whole);
                let line = |line: &str| serde_json::from_str(line).unwrap();
                whole.lines().map(line).collect()
            })
            .into()
    }
}

#[derive(Debug, serde::Deserialize)]
struct Consumed {
    queue: String,
    /// The whole message.
    body: String,
    id: Uuid,
    message_id: Uuid,
    request: Uuid,
    version: i64,
    place: i64,
}

impl Drop for Peers {
    fn drop(&mut self) {
        for consumer in &mut self.consumers {
            if let Err(error) = consumer.start_kill() {
                eprintln!("a consumer: {error}");
            }
        }
        if let Err(error) = std::fs::remove_dir_all(&self.folder) {
            eprintln!("{}: {error}", self.folder.display());
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs pika and amqplib: make test-peers"]
async fn what_is_committed_reaches_pika_and_amqplib_whatever_the_broker_suffers() {
    let (peers, count) = (Peers::start().await, requests());
    peers.spoil(count).await;
    peers
        .ready("the backlog is drained", |ready| {
            let lag = ready["relay_lag"] == json!(0);
            lag && ready["relay"][0]["parked"] == json!(0) && ready["broker"] == "up"
        })
        .await;
    // What lay in the queue that was deleted is nowhere but in the log.
    let redrive = [
        "topology",
        "redrive",
        "--team",
        "carrick-team",
        "--from",
        "1",
    ];
    let (went_well, said) = peers.served.run(&redrive).await;
    assert!(went_well, "{said}");

    let committed = peers.committed().await;
    assert!(committed.len() >= 2 * count);
    until("every committed event is consumed", PATIENCE, || async {
        let consumed = peers.consumed();
        let ids: BTreeSet<Uuid> = consumed.iter().flatten().map(|one| one.id).collect();
        committed.keys().all(|id| ids.contains(id)).then_some(())
    })
    .await;
    let consumed = peers.consumed();
    assert!(
        consumed.iter().all(|of_one| !of_one.is_empty()),
        "one of them slept"
    );
    let deliveries: Vec<Consumed> = consumed.into_iter().flatten().collect();
    copies_are_the_same(&deliveries, &committed);
    places_rise_without_gaps(&deliveries);
    println!(
        "{} events, {} deliveries",
        committed.len(),
        deliveries.len()
    );
}

/// Copies are told by their id: in one queue they are the same, byte for byte, and those in different
/// queues differ in nothing but the place.
fn copies_are_the_same(deliveries: &[Consumed], committed: &BTreeMap<Uuid, (Uuid, i64)>) {
    let mut of_queue: BTreeMap<(&str, Uuid), &str> = BTreeMap::new();
    let mut of_event: BTreeMap<Uuid, Value> = BTreeMap::new();
    for one in deliveries {
        assert_eq!(one.id, one.message_id);
        assert_eq!(committed.get(&one.id), Some(&(one.request, one.version)));
        let first = of_queue.entry((&one.queue, one.id)).or_insert(&one.body);
        assert_eq!(*first, one.body, "{}", one.id);
        let mut body: Value = serde_json::from_str(&one.body).unwrap();
        assert_eq!(body["place"].take(), json!(one.place));
        let first = of_event.entry(one.id).or_insert_with(|| body.clone());
        assert_eq!(*first, body, "{}", one.id);
    }
}

/// By place, an event's id and version.
type PlacedEvents = BTreeMap<i64, (Uuid, i64)>;

/// Whatever the order of arrival: in each queue the messages of a request have the places from 1 on, one
/// place is one event, and later places are later versions.
fn places_rise_without_gaps(deliveries: &[Consumed]) {
    let mut places: BTreeMap<(&str, Uuid), PlacedEvents> = BTreeMap::new();
    for one in deliveries {
        let of_request = places.entry((&one.queue, one.request)).or_default();
        let event = (one.id, one.version);
        let first = of_request.entry(one.place).or_insert(event);
        assert_eq!(*first, event, "place {} in {}", one.place, one.queue);
    }
    for ((queue, request), of_request) in &places {
        let whole: Vec<i64> = (1..).take(of_request.len()).collect();
        let found: Vec<i64> = of_request.keys().copied().collect();
        assert_eq!(found, whole, "{request} in {queue}");
        let versions: Vec<i64> = of_request.values().map(|(_, version)| *version).collect();
        assert!(
            versions.is_sorted_by(|one, next| one < next),
            "{versions:?}"
        );
    }
    let queues: BTreeSet<&str> = places.keys().map(|(queue, _)| *queue).collect();
    assert!(queues.len() >= ROUTES.len(), "{queues:?}");
}
