//! How a due rung is found among a million open clocks, and how many are raised a second, beside the
//! machine's own limit measured in the same run. `make bench` runs it; the last figures are in
//! README.md beside it.

#![expect(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a benchmark prints, and ends at the first surprise"
)]

#[path = "cluster/mod.rs"]
mod cluster;
#[path = "cluster/limit.rs"]
mod limit;

use cluster::{connect, fresh};
use futures::stream::{self, StreamExt};
use jiff::{SignedDuration, Timestamp};
use limit::insert_p50;
use rfa::commands::{
    Ask, AskedMove, Command, Commands, Declaration, Provenance, Registry, publish, read_folder,
};
use rfa::domain::ids::Authority;
use rfa::domain::request::actor::{Grant, Principal, PrincipalKind};
use rfa::domain::request::rung::Place;
use rfa::log::Log;
use rfa::log::connect::LogConfig;
use rfa::log::vault::{MasterKey, Vault, VaultConfig};
use rfa::projections::{Runner, due_rungs};
use rfa::timers::{FindDue, NotFound, Outcome, Pace, Sweeper};
use serde_json::{Value, json};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio_postgres::Client;
use uuid::Uuid;

const MASTER_KEY: &str = "0707070707070707070707070707070707070707070707070707070707070707";
const ROUNDS: usize = 3;
/// Open clocks that are not due.
const WAITING: i64 = 1_000_000;
/// Requests, each with one rung that is due.
const DUE: usize = 6_000;

const LOAN: &str = r"
format: 1
workflow: tool-loan
version: 1
title: A loan from the tool shed
roles:
  neighbour: { title: Neighbour, any_of: [neighbour], of: anywhere }
states:
  wished-for: { title: Wished for, meaning: Somebody wants a tool. }
  lent: { title: Lent, meaning: It is out., ends: true }
moves:
  wish:
    title: Wish for a tool
    opens: true
    by: [neighbour]
    to: wished-for
    emits: tool-wished-for
    owner: routed
    data: { type: object, additionalProperties: false }
  lend:
    title: Lend
    by: [neighbour]
    from: any
    to: lent
    emits: tool-lent
    data: { type: object, additionalProperties: false }
clocks:
  lend: { title: Lent, target: 5wd, calendar: scotland-bank-holidays, ladder: days, start: [tool-wished-for], stop: [tool-lent] }
ladders:
  days: [ { at: -3wd, tell: [neighbour] }, { at: 0, tell: [neighbour], missed: true } ]
routing:
  - { otherwise: carrick-team, because: There is one shed }
";

const FILL: &str = "insert into read_model.due_rungs
    (authority, request_id, clock, spell, rung, occurrence, next_at)
    select 'south-ayrshire', gen_random_uuid(), 'lend', 1, '-3wd', 1,
        case when i % 5 > 0 then $1::timestamptz + make_interval(secs => i) end
    from generate_series(1, $2::bigint) as i";

#[tokio::main]
async fn main() {
    let cluster = std::env::var("DATABASE_URL").expect("DATABASE_URL; run `make bench`");
    let mut rounds = Vec::new();
    for round in 0..ROUNDS {
        let name = format!("rfa_bench_sweeper_{}_{round}", std::process::id());
        let url = fresh(&cluster, &name).await;
        let insert_ms = insert_p50(&connect(&url).await).await;
        let (found_ms, rate) = sweep(&url).await;
        rounds.push((rate, found_ms, insert_ms));
    }
    rounds.sort_by(|a, b| a.0.total_cmp(&b.0));
    for (rate, found_ms, insert_ms) in rounds {
        println!(
            "rungs raised {rate:>7.0} /s (aim: at least 2,000)   500 due of {WAITING} found in \
             {found_ms:.2} ms   bare INSERT commit p50 {insert_ms:.3} ms"
        );
    }
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// Milliseconds to find a full look, and rungs raised a second.
async fn sweep(url: &str) -> (f64, f64) {
    let config = LogConfig {
        database_url: url.to_owned(),
        queue_commands_max: 2_000,
        pool_max: 8,
    };
    let log = Log::connect(&config).await.unwrap();
    let vault = VaultConfig {
        url: url.to_owned(),
        pool_max: 4,
        key_ttl: Duration::from_secs(300),
    };
    let master = MasterKey::parse(MASTER_KEY).unwrap();
    let vault = Vault::connect(&vault, master).await.unwrap();
    let registry = Registry::open(log.clone()).await.unwrap();
    let authority = Authority::parse("south-ayrshire").unwrap();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("workflows");
    let mut declarations = read_folder(&folder, &authority).unwrap();
    declarations.push(Declaration::workflow("v1.yaml", LOAN).unwrap());
    let opened_at = at("2026-06-01T10:00+01");
    publish(&registry, &authority, declarations, "bench", opened_at)
        .await
        .unwrap();
    let commands = Commands::new(registry, vault);
    open_all(&commands, &authority, opened_at).await;
    let runner = Runner::new(log.clone());
    runner.run_until_idle().await.unwrap();

    // Day 2 of 5, at the opening, is three days before the target.
    let now = at("2026-06-03T12:00+01");
    let client = connect(url).await;
    client.execute(FILL, &[&now, &WAITING]).await.unwrap();
    client
        .batch_execute("analyze read_model.due_rungs")
        .await
        .unwrap();
    assert_plan(&client, now).await;
    let pool = log.pool().clone();
    let find: FindDue = Arc::new(move |look| {
        let pool = pool.clone();
        Box::pin(async move { due_rungs::query(&pool, &look).await.map_err(|_| NotFound) })
    });
    let found_ms = {
        let look = rfa::domain::request::rung::Look {
            up_to: now,
            after: Place::FIRST,
            limit: 500,
        };
        find(look.clone()).await.unwrap();
        let started = Instant::now();
        assert_eq!(find(look).await.unwrap().len(), 500);
        started.elapsed().as_secs_f64() * 1_000.0
    };
    let mut sweeper = Sweeper::new(commands, find, Pace::default());
    let mut raised = 0;
    let started = Instant::now();
    while let Outcome::Raised(count) = sweeper.step(now).await.unwrap() {
        raised += count;
    }
    let rate = raised as f64 / started.elapsed().as_secs_f64();
    assert_eq!(raised, DUE, "each once");
    (found_ms, rate)
}

async fn open_all(commands: &Commands, authority: &Authority, now: Timestamp) {
    let open = |i: usize| {
        let command = Command {
            authority: authority.clone(),
            actor: Principal::new(
                "n.ross".parse().unwrap(),
                PrincipalKind::Person,
                vec![Grant::new("neighbour".parse().unwrap(), None, None)],
            ),
            on_behalf_of: None,
            key: format!("wish-{i}"),
            ask: Ask::Open {
                workflow: "tool-loan".parse().unwrap(),
                moves: vec![AskedMove {
                    move_name: "wish".parse().unwrap(),
                    data: json!({}),
                }],
            },
            if_match: None,
            occurred_at: None,
            provenance: Provenance::Live,
            correlation: Uuid::new_v4(),
            causation: None,
        };
        let later = SignedDuration::from_millis(i64::try_from(i).unwrap());
        commands.execute(command, now.saturating_add(later).unwrap())
    };
    stream::iter((0..DUE).map(open))
        .buffer_unordered(64)
        .for_each(|receipt| async move {
            receipt.unwrap();
        })
        .await;
}

/// The due rows are reached by a range of an index, and no other row is read.
async fn assert_plan(client: &Client, now: Timestamp) {
    let file = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/src/projections/sql/due_rungs_query.sql"
    );
    let query = std::fs::read_to_string(file).unwrap();
    let explain = format!("explain (analyze, format json) {query}");
    let first = Place::FIRST;
    let spell = i32::try_from(first.spell).unwrap();
    let parameters: [&(dyn tokio_postgres::types::ToSql + Sync); 7] = [
        &now,
        &first.next_at,
        &first.authority,
        &first.request,
        &first.clock,
        &spell,
        &500_i64,
    ];
    let plan: Value = client
        .query_one(&explain, &parameters)
        .await
        .unwrap()
        .get(0);
    let scan = &plan[0]["Plan"]["Plans"][0];
    let node = scan["Node Type"].as_str().unwrap();
    assert!(node.starts_with("Index"), "{plan}");
    assert_eq!(scan["Actual Rows"].as_f64(), Some(500.0), "{plan}");
    assert!(scan.get("Rows Removed by Filter").is_none(), "{plan}");
}
