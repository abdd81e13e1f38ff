//! `kill -9`, again and again, of the engine and of Postgres, while callers send: every command that
//! was acknowledged is in the log exactly once, with the receipt that its caller has.

use crate::support::client::example;
use crate::support::{PrivatePostgres, ProcessUnderTest, until};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use serde_json::{Value, json};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio_postgres::{Client, NoTls};
use uuid::Uuid;

const SOON: Duration = Duration::from_secs(60);
const CALLERS: usize = 6;

/// `make test-faults` asks for more.
fn kills() -> usize {
    let asked = std::env::var("RFA_TEST_KILLS").ok();
    asked.map_or(20, |text| text.parse().expect("RFA_TEST_KILLS is a number"))
}

fn chance() -> StdRng {
    let seed: u64 = std::env::var("RFA_TEST_SEED")
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or_else(rand::random);
    eprintln!("RFA_TEST_SEED={seed}");
    StdRng::seed_from_u64(seed)
}

/// Where the program answers now, and the token of who sends.
#[derive(Clone)]
struct Door {
    url: String,
    token: String,
}

impl Door {
    /// `None` when the command has to be sent again.
    async fn send(&self, client: &reqwest::Client, key: &str) -> Option<Value> {
        let call = client
            .post(format!("{}/requests", self.url))
            .timeout(Duration::from_secs(45))
            .bearer_auth(&self.token)
            .header("Idempotency-Key", key)
            .header("Content-Type", "application/json")
            .body(json!({ "data": example("send") }).to_string());
        let answer = call.send().await.ok()?;
        let status = answer.status();
        let text = answer.text().await.ok()?;
        match status.as_u16() {
            200 | 201 => serde_json::from_str(&text).ok(),
            // The new process has new tokens; the caller has the one of the old.
            401 | 503 => None,
            other => panic!("{other}: {text}"),
        }
    }
}

struct Engine(ProcessUnderTest);

impl Engine {
    async fn start(database: &str) -> (Self, Door) {
        let environment = [("DATABASE_URL", database)];
        let mut process = ProcessUnderTest::spawn(&["serve", "--demo"], &environment);
        process.wait_for("/readyz").await;
        let said = process.output();
        let token = said
            .lines()
            .find_map(|line| {
                let mut words = line.split_whitespace();
                (words.next()? == "head.girvan").then(|| words.next().map(str::to_owned))?
            })
            .expect("the head teacher's token");
        let door = Door {
            url: process.http.clone(),
            token,
        };
        (Self(process), door)
    }
}

/// Sends command after command, each until it is acknowledged; gives keys with receipts.
async fn call(
    caller: usize,
    mut door: watch::Receiver<Option<Door>>,
    acknowledged: Arc<AtomicUsize>,
) -> Vec<(String, Value)> {
    let client = reqwest::Client::new();
    let mut receipts = Vec::new();
    for number in 0.. {
        let key = format!("caller-{caller}-{number}");
        let receipt = loop {
            let Some(now) = door.borrow_and_update().clone() else {
                return receipts;
            };
            if let Some(receipt) = now.send(&client, &key).await {
                break receipt;
            }
            // Another door, or the same once more a little later.
            if let Ok(Err(_)) =
                tokio::time::timeout(Duration::from_millis(100), door.changed()).await
            {
                return receipts;
            }
        };
        acknowledged.fetch_add(1, Ordering::Relaxed);
        receipts.push((key, receipt));
    }
    receipts
}

async fn connect(url: &str) -> Option<Client> {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await.ok()?;
    tokio::spawn(connection);
    Some(client)
}

/// One of the engine's backends: the postmaster then ends them all and recovers.
async fn kill_a_backend(postgres: &PrivatePostgres, chance: &mut StdRng) {
    let owner = connect(&postgres.url()).await.unwrap();
    let backends = "select pid from pg_stat_activity where application_name = 'rfa' order by pid";
    let backends = owner.query(backends, &[]).await.unwrap();
    let Some(row) = backends.get(chance.random_range(0..backends.len().max(1))) else {
        return;
    };
    let pid: i32 = row.get(0);
    drop(owner);
    let killed = Command::new("sh")
        .args(["-c", "kill -9 \"$0\"", &pid.to_string()])
        .status()
        .unwrap();
    assert!(killed.success(), "backend {pid}");
    until("Postgres recovered", SOON, || async {
        connect(&postgres.url()).await
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_is_killed_each_acknowledged_command_is_there_once_and_the_chain_verifies() {
    let mut chance = chance();
    let postgres = PrivatePostgres::start().await;
    let url = postgres.url();
    let mut migrate = ProcessUnderTest::spawn(&["migrate"], &[("DATABASE_URL", &url)]);
    assert!(migrate.wait().await.success());
    let (mut engine, first) = Engine::start(&url).await;
    let (door, seen) = watch::channel(Some(first));
    let acknowledged = Arc::new(AtomicUsize::new(0));
    let mut callers = JoinSet::new();
    for caller in 0..CALLERS {
        callers.spawn(call(caller, seen.clone(), Arc::clone(&acknowledged)));
    }
    for _ in 0..kills() {
        let enough = acknowledged.load(Ordering::Relaxed) + chance.random_range(1..20);
        until("commands are acknowledged", SOON, || async {
            (acknowledged.load(Ordering::Relaxed) >= enough).then_some(())
        })
        .await;
        match chance.random_range(0..4) {
            0 | 1 => {
                engine.0.kill();
                let (again, now) = Engine::start(&url).await;
                engine = again;
                door.send_replace(Some(now));
            }
            2 => kill_a_backend(&postgres, &mut chance).await,
            _ => {
                postgres.kill().await;
                postgres.start_again().await;
            }
        }
    }
    let last = door.borrow().clone().unwrap();
    door.send_replace(None);
    let receipts = callers.join_all().await.concat();
    assert!(receipts.len() >= kills());

    let client = reqwest::Client::new();
    for (key, receipt) in &receipts {
        let again = until("a receipt", SOON, || last.send(&client, key)).await;
        for field in [
            "request_id",
            "reference",
            "position",
            "version",
            "recorded_at",
        ] {
            assert_eq!(again[field], receipt[field], "{key}: {field}");
        }
    }
    let owner = connect(&url).await.unwrap();
    let counts = "select count(*), max(position), count(distinct command_id) filter
            (where stream_kind = 'request'), count(*) filter (where stream_kind = 'request')
        from event_log.events";
    let row = owner.query_one(counts, &[]).await.unwrap();
    let [count, head, commands, sent] = [0, 1, 2, 3].map(|i| row.get::<_, i64>(i));
    assert_eq!(count, head, "a gap");
    assert_eq!(commands, sent, "a command twice");
    let known = i64::try_from(receipts.len()).unwrap();
    let callers = i64::try_from(CALLERS).unwrap();
    assert!((known..=known + callers).contains(&sent), "{known}: {sent}");
    drop(engine);
    let memory = std::env::temp_dir().join(format!("rfa-{}", Uuid::new_v4()));
    let arguments = ["verify", "--checkpoint", memory.to_str().unwrap()];
    let mut verify = ProcessUnderTest::spawn(&arguments, &[("DATABASE_URL", &url)]);
    let status = verify.wait().await;
    assert!(status.success(), "{}", verify.output());
    std::fs::remove_file(&memory).unwrap();
    eprintln!("{} kills, {known} commands acknowledged", kills());
}
