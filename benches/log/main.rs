//! The log beside this machine's own limits, measured in the same run: append, load, replay.
//! `make bench` runs it; the method and the last figures are in README.md beside it.
//!
//! A command is three events of about 300 bytes, half of it sealed; a stream has four commands.
//! Cold: the stream is read and decoded before each command. Keys, sealing, receipts and chain are on.

#![expect(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a benchmark prints, and ends at the first surprise"
)]

#[path = "../cluster/mod.rs"]
mod cluster;
#[path = "../figures/mod.rs"]
mod figures;
mod flat;
mod limits;

use cluster::{connect, fresh};
use figures::Round;
use futures::StreamExt;
use jiff::Timestamp;
use rfa::log::connect::LogConfig;
use rfa::log::vault::{Binding, MasterKey, Subject, Vault, VaultConfig};
use rfa::log::verify::{Verified, verify};
use rfa::log::{
    Append, Audience, Log, NewEvent, Position, Provenance, SealedPart, StreamKind, Verdict,
};
use serde::{Deserialize, Serialize};
use std::time::{Duration, Instant};
use tokio::task::JoinSet;
use uuid::Uuid;

const MASTER_KEY: &str = "0707070707070707070707070707070707070707070707070707070707070707";
const AUTHORITY: &str = "bench";
const ROUNDS: usize = 3;
const COMMANDS_A_STREAM: i32 = 4;
const EVENTS: i32 = 3;
const NOTE: &str = "Invented: the same words in every event, as long as a sentence or two may be.";

/// What is decoded at a cold load and at a replay.
#[derive(Serialize, Deserialize)]
struct Worked {
    kind: String,
    state: String,
    team: String,
    by: String,
    number: i64,
    needs: Vec<String>,
}

fn worked(number: i32) -> Worked {
    Worked {
        kind: "act".to_owned(),
        state: "helping".to_owned(),
        team: "carrick-team".to_owned(),
        by: "w1.carrick-team".to_owned(),
        number: i64::from(number),
        needs: vec!["attendance".to_owned(), "family-support".to_owned()],
    }
}

#[derive(Clone)]
struct Store {
    log: Log,
    vault: Vault,
}

impl Store {
    async fn open(url: &str) -> Self {
        let config = LogConfig {
            database_url: url.to_owned(),
            queue_commands_max: 2_000,
            pool_max: 32,
        };
        let vault = VaultConfig {
            url: url.to_owned(),
            pool_max: 4,
            key_ttl: Duration::from_secs(300),
        };
        let master = MasterKey::parse(MASTER_KEY).unwrap();
        Self {
            log: Log::connect(&config).await.unwrap(),
            vault: Vault::connect(&vault, master).await.unwrap(),
        }
    }

    /// One command of a stream; gives the key of its seals.
    async fn command(&self, stream: Uuid, version: i32, key: Option<Uuid>, cold: bool) -> Uuid {
        if cold {
            let read = self.log.read_stream(AUTHORITY, stream, 0).await.unwrap();
            let sum: i64 = read
                .iter()
                .map(|event| {
                    serde_json::from_slice::<Worked>(&event.body)
                        .unwrap()
                        .number
                })
                .sum();
            assert_eq!(i32::try_from(read.len()).unwrap(), version, "{sum}");
        }
        let drawn = key.is_none().then(|| {
            let subject = [Subject::Request(stream)];
            self.vault.draw(AUTHORITY, &subject, Vec::new()).unwrap()
        });
        let key = key.unwrap_or_else(|| drawn.as_ref().unwrap().ids()[0]);
        let mut events = Vec::new();
        for ordinal in 0..EVENTS {
            let binding = Binding {
                authority: AUTHORITY,
                stream,
                version: version + 1 + ordinal,
                event_type: "worked",
            };
            let sealed: SealedPart = self
                .vault
                .seal(key, binding, NOTE.as_bytes())
                .await
                .unwrap();
            events.push(NewEvent {
                event_type: "worked".to_owned(),
                schema_version: 1,
                occurred_at: Timestamp::from_second(1_700_000_000).unwrap(),
                audience: Audience::Ordinary,
                body: serde_json::to_vec(&worked(ordinal)).unwrap(),
                sealed: vec![sealed],
            });
        }
        let append = Append {
            authority: AUTHORITY.to_owned(),
            stream,
            stream_kind: StreamKind::Request,
            expected_version: version,
            command_id: Uuid::new_v4(),
            fingerprint: [7; 16],
            actor: "w1.carrick-team".to_owned(),
            on_behalf_of: None,
            correlation: stream,
            causation: None,
            definition: Some([3; 32]),
            provenance: Provenance::Synthetic,
            events,
            keys: drawn,
        };
        let verdict = self.log.append(append).await.unwrap();
        assert!(matches!(verdict, Verdict::Appended(_)), "{verdict:?}");
        key
    }
}

/// Commands a second and the p50 and p99 of one in ms.
#[derive(Clone, Copy)]
struct Rate {
    per_s: f64,
    p50_ms: f64,
    p99_ms: f64,
}

/// A closed loop: every client sends its next command when the last is acknowledged.
async fn clients(stores: &[Store], count: usize, length: Duration, cold: bool) -> Rate {
    let mut tasks = JoinSet::new();
    let start = Instant::now() + Duration::from_millis(700);
    let end = start + length;
    for client in 0..count {
        let store = stores[client % stores.len()].clone();
        tasks.spawn(async move {
            let mut times = Vec::new();
            loop {
                // As the engine names requests, by time: new ones lie together in every index.
                let (stream, mut key) = (Uuid::now_v7(), None);
                for nth in 0..COMMANDS_A_STREAM {
                    let began = Instant::now();
                    if began >= end {
                        return times;
                    }
                    key = Some(store.command(stream, nth * EVENTS, key, cold).await);
                    let done = Instant::now();
                    if began >= start && done < end {
                        times.push((done - began).as_secs_f64() * 1_000.0);
                    }
                }
            }
        });
    }
    let mut times = tasks.join_all().await.concat();
    times.sort_by(f64::total_cmp);
    assert!(
        !times.is_empty(),
        "no command ended in time: more --seconds"
    );
    let at = |share: f64| times[((times.len() - 1) as f64 * share) as usize];
    Rate {
        per_s: times.len() as f64 / length.as_secs_f64(),
        p50_ms: at(0.5),
        p99_ms: at(0.99),
    }
}

/// Seconds for all events in order, decoded into the typed event.
async fn replay(store: &Store, head: Position) -> f64 {
    let started = Instant::now();
    let mut sum = 0;
    let reached = store
        .log
        .replay(Position(0), head, |event| {
            sum += serde_json::from_slice::<Worked>(&event.body)
                .unwrap()
                .number;
            true
        })
        .await
        .unwrap();
    assert_eq!((reached, sum), (head, head.0));
    started.elapsed().as_secs_f64()
}

/// Streams of twelve events read and decoded, one after the other: p50 in ms.
async fn load(store: &Store, url: &str) -> f64 {
    let client = connect(url).await;
    let streams = "select stream from event_log.events where version = 12 limit 500";
    let rows = client.query(streams, &[]).await.unwrap();
    let mut times = Vec::new();
    for row in &rows {
        let began = Instant::now();
        let read = store
            .log
            .read_stream(AUTHORITY, row.get(0), 0)
            .await
            .unwrap();
        for event in &read {
            serde_json::from_slice::<Worked>(&event.body).unwrap();
        }
        times.push(began.elapsed().as_secs_f64() * 1_000.0);
    }
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}

struct Settings {
    cluster: String,
    length: Duration,
    rounds: usize,
    as_json: bool,
    /// Events of the log that the cost is compared in; only when it is asked for.
    flat: Option<i64>,
}

fn settings() -> Settings {
    let arguments: Vec<String> = std::env::args().collect();
    let after = |name: &str| {
        let at = arguments.iter().position(|argument| argument == name)?;
        arguments.get(at + 1)?.parse().ok()
    };
    Settings {
        cluster: std::env::var("DATABASE_URL").expect("DATABASE_URL; run `make bench`"),
        length: Duration::from_secs(after("--seconds").unwrap_or(5)),
        rounds: after("--rounds").map_or(ROUNDS, |rounds: u64| rounds as usize),
        as_json: arguments.iter().any(|argument| argument == "--json"),
        flat: after("--flat").map(|events: u64| events.cast_signed()),
    }
}

async fn round(settings: &Settings, number: usize) -> Round {
    let mut found = Round::default();
    let mut keep = |name: &str, value: f64| found.keep(name, value);
    let name = format!("rfa_bench_log_{}_{number}", std::process::id());
    let url = fresh(&settings.cluster, &name).await;
    let stores: Vec<Store> = futures::stream::iter(0..4)
        .then(|_| Store::open(&url))
        .collect()
        .await;
    keep("flushes_per_s", limits::flushes());
    let plan: [(&str, usize, usize, bool); 8] = [
        ("append_1", 1, 1, true),
        ("append_1_warm", 1, 1, false),
        ("append_64", 1, 64, true),
        ("append_64_warm", 1, 64, false),
        ("append_64_two_replicas", 2, 64, true),
        ("append_256", 1, 256, true),
        ("append_256_two_replicas", 2, 256, true),
        ("append_256_four_replicas", 4, 256, true),
    ];
    for (what, replicas, count, cold) in plan {
        let rate = clients(&stores[..replicas], count, settings.length, cold).await;
        keep(&format!("{what}_per_s"), rate.per_s);
        keep(&format!("{what}_p50_ms"), rate.p50_ms);
        keep(&format!("{what}_p99_ms"), rate.p99_ms);
    }
    for count in [1, 64] {
        let rate = limits::inserts(&url, count, settings.length).await;
        keep(&format!("insert_{count}_per_s"), rate);
    }
    keep("copy_in_per_s", limits::copy_in(&url, 30_000).await);
    keep("batches_of_64_per_s", limits::batches(&url, 30_000).await);
    let store = &stores[0];
    keep("load_12_events_p50_ms", load(store, &url).await);
    let head = store.log.head().await.unwrap();
    // Twice: the first reading brings the pages into memory.
    limits::copy_out(&url).await;
    let (out, replayed) = (limits::copy_out(&url).await, replay(store, head).await);
    let events = head.0 as f64;
    keep("events", events);
    keep("copy_out_events_per_s", events / out);
    keep("replay_events_per_s", events / replayed);
    let client = connect(&url).await;
    let verified = verify(&client, None, |_| {}).await.unwrap();
    assert!(matches!(verified, Verified::Clean { .. }), "{verified:?}");
    drop((client, stores));
    let cluster = connect(&settings.cluster).await;
    let gone = format!("drop database {name} with (force)");
    cluster.batch_execute(&gone).await.unwrap();
    found
}

const RATIOS: [(&str, &str); 9] = [
    ("append_1_per_s", "insert_1_per_s"),
    ("append_64_per_s", "insert_64_per_s"),
    ("append_64_per_s", "copy_in_per_s"),
    ("append_64_per_s", "batches_of_64_per_s"),
    ("append_256_per_s", "copy_in_per_s"),
    ("append_64_two_replicas_per_s", "append_64_per_s"),
    ("append_256_two_replicas_per_s", "append_256_per_s"),
    ("append_256_four_replicas_per_s", "append_256_per_s"),
    ("replay_events_per_s", "copy_out_events_per_s"),
];

#[tokio::main]
async fn main() {
    let settings = settings();
    if let Some(events) = settings.flat {
        return flat::measure(&settings, events).await;
    }
    let mut rounds = Vec::new();
    for number in 0..settings.rounds {
        rounds.push(round(&settings, number).await);
    }
    let cluster = connect(&settings.cluster).await;
    figures::print(&rounds, &RATIOS, &cluster, settings.as_json).await;
}
