//! How fast the whole is: a send, many at once, until a message arrives, the import and the read tables,
//! beside this machine's own limits measured in the same run.
//! `make bench` runs it; the method and the last figures are in README.md beside it.

#![expect(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a benchmark prints, and ends at the first surprise"
)]

mod bare;
#[path = "../cluster/mod.rs"]
mod cluster;
mod durable;
mod end_to_end;
#[path = "../figures/mod.rs"]
mod figures;
#[path = "../cluster/limit.rs"]
mod limit;
mod project;
mod sending;
mod served;

use cluster::{connect, fresh};
use figures::Round;
use limit::{insert_p50, median};
use rfa::commands::{Commands, Importer, Registry, publish, read_folder};
use rfa::domain::ids::{Authority, WorkflowName};
use rfa::history::import::Plan;
use rfa::history::mapping::Mapping;
use rfa::history::rows::Row;
use rfa::log::Log;
use rfa::log::connect::LogConfig;
use rfa::log::vault::{MasterKey, Vault, VaultConfig};
use std::path::Path;
use std::time::{Duration, Instant};
use uuid::Uuid;

const MASTER_KEY: &str = "0707070707070707070707070707070707070707070707070707070707070707";
const ROUNDS: usize = 3;
const IMPORT_REQUESTS: usize = 2_500;
const IMPORT_ACTS: usize = 6;

const RATIOS: [(&str, &str); 3] = [
    ("send_p50_ms", "insert_commit_p50_ms"),
    ("send_64_per_s", "bare_64_per_s"),
    ("claim_64_per_s", "bare_64_per_s"),
];

#[tokio::main]
async fn main() {
    if let Ok(url) = std::env::var(bare::URL) {
        return bare::serve(&url).await;
    }
    let arguments: Vec<String> = std::env::args().collect();
    let as_json = arguments.iter().any(|argument| argument == "--json");
    let cluster = std::env::var("DATABASE_URL").expect("DATABASE_URL; run `make bench`");
    let amqp = std::env::var("AMQP_URL").expect("AMQP_URL; run `make bench`");
    let mut rounds = Vec::new();
    for number in 0..ROUNDS {
        let name = format!("rfa_bench_{}_{number}", std::process::id());
        let mut round = Round::default();
        let url = fresh(&cluster, &name).await;
        round.keep(
            "insert_commit_p50_ms",
            insert_p50(&connect(&url).await).await,
        );
        // A log of its own each: the read tables of one would still be moved on during the other.
        let sends = fresh(&cluster, &format!("{name}_send")).await;
        sending::measure(&sends, &mut round).await;
        let loaded = fresh(&cluster, &format!("{name}_load")).await;
        durable::measure(&loaded, &mut round).await;
        let delivered = fresh(&cluster, &format!("{name}_end")).await;
        end_to_end::measure(&delivered, &amqp, &mut round).await;
        round.keep("import_events_per_s", import_rate(&url).await);
        project::measure(&url, &mut round).await;
        let client = connect(&cluster).await;
        for ending in ["", "_send", "_load", "_end"] {
            let gone = format!("drop database {name}{ending} with (force)");
            client.batch_execute(&gone).await.unwrap();
        }
        rounds.push(round);
    }
    figures::print(&rounds, &RATIOS, &connect(&cluster).await, as_json).await;
}

/// Rows in the shape of the shipped mapping, invented.
fn rows(mapping: &Mapping) -> Vec<Result<Row, (u64, String)>> {
    let activities: Vec<&String> = mapping.activities.keys().collect();
    let mut rows = Vec::new();
    for request in 0..IMPORT_REQUESTS {
        for act in 0..IMPORT_ACTS {
            let minute = request * 7 + act * 90;
            let at = jiff::Timestamp::from_second(1_600_000_000 + minute as i64 * 60).unwrap();
            let texts = [
                (&mapping.columns.request, format!("request-{request}")),
                (
                    &mapping.columns.activity,
                    activities[(request + act) % activities.len()].clone(),
                ),
                (&mapping.columns.time, at.to_string()),
            ];
            let texts = texts
                .into_iter()
                .map(|(column, text)| (column.clone(), text))
                .collect();
            rows.push(Ok(Row {
                line: rows.len() as u64,
                texts,
            }));
        }
    }
    rows
}

async fn import_rate(url: &str) -> f64 {
    let config = LogConfig {
        database_url: url.to_owned(),
        queue_commands_max: 2_000,
        pool_max: 4,
    };
    let log = Log::connect(&config).await.unwrap();
    let vault = VaultConfig {
        url: url.to_owned(),
        pool_max: 4,
        key_ttl: Duration::from_secs(300),
    };
    let vault = Vault::connect(&vault, MasterKey::parse(MASTER_KEY).unwrap())
        .await
        .unwrap();
    let registry = Registry::open(log).await.unwrap();
    let authority = Authority::parse("permit-office").unwrap();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("workflows");
    let declarations = read_folder(&folder, &authority).unwrap();
    let now = jiff::Timestamp::from_second(1_700_000_000).unwrap();
    publish(&registry, &authority, declarations, "bench", now)
        .await
        .unwrap();
    let text = std::fs::read_to_string(folder.join("permit-receipt/mapping.yaml")).unwrap();
    let mapping = Mapping::parse("mapping.yaml", &text).unwrap();
    let rows = rows(&mapping);
    let count = rows.len();
    let name = WorkflowName::parse("permit-receipt").unwrap();
    let commands = Commands::new(registry, vault);
    let mut importer =
        Importer::new(commands, authority.clone(), (&name, 1), Uuid::new_v4()).unwrap();
    let started = Instant::now();
    let plan = Plan::new(mapping, rows).unwrap();
    let report = plan.run(&mut importer, &authority, |_| {}).await.unwrap();
    assert_eq!(report.appended, count as u64, "{report}");
    count as f64 / started.elapsed().as_secs_f64()
}
