//! How fast the import and one send are, beside this machine's own limit measured in the same run.
//! `make bench` runs it; the method and the last figures are in README.md beside it.

#![expect(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a benchmark prints, and ends at the first surprise"
)]

use rfa::commands::{Commands, Importer, Registry, publish, read_folder};
use rfa::domain::ids::{Authority, WorkflowName};
use rfa::history::import::Plan;
use rfa::history::mapping::Mapping;
use rfa::history::rows::Row;
use rfa::log::Log;
use rfa::log::connect::LogConfig;
use rfa::log::migrate::{migrate_log, migrate_vault};
use rfa::log::vault::{MasterKey, Vault, VaultConfig};
use serde_json::{Value, json};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use tokio_postgres::{Client, NoTls};
use uuid::Uuid;

const MASTER_KEY: &str = "0707070707070707070707070707070707070707070707070707070707070707";
const ROUNDS: usize = 3;
const IMPORT_REQUESTS: usize = 2_500;
const IMPORT_ACTS: usize = 6;
const SENDS: usize = 400;

#[tokio::main]
async fn main() {
    let as_json = std::env::args().any(|argument| argument == "--json");
    let cluster = std::env::var("DATABASE_URL").expect("DATABASE_URL; run `make bench`");
    let mut rounds = Vec::new();
    for round in 0..ROUNDS {
        let name = format!("rfa_bench_{}_{round}", std::process::id());
        let url = fresh(&cluster, &name).await;
        let client = connect(&url).await;
        let insert_ms = insert_p50(&client).await;
        // A log of its own: the read tables of an import would still be moved on during the sends.
        let send_ms = send_p50(&fresh(&cluster, &format!("{name}_send")).await).await;
        let import = import_rate(&url).await;
        let ratio = send_ms / insert_ms;
        rounds.push((insert_ms, import, send_ms, ratio));
    }
    rounds.sort_by(|a, b| a.3.total_cmp(&b.3));
    let (insert_ms, import, send_ms, ratio) = rounds[ROUNDS / 2];
    let settings = settings(&connect(&cluster).await).await;
    if as_json {
        println!(
            "{}",
            json!({ "postgres": settings, "insert_commit_p50_ms": insert_ms,
                "import_events_per_s": import, "send_p50_ms": send_ms, "send_to_insert": ratio })
        );
        return;
    }
    println!("postgres: {settings}");
    println!("median of {ROUNDS} rounds by ratio");
    println!("bare single-row INSERT commit, p50      {insert_ms:>9.3} ms");
    println!(
        "one send over HTTP, p50                 {send_ms:>9.3} ms   {ratio:.2} x (aim: at most 4 x)"
    );
    println!(
        "history import                          {import:>9.0} events/s (aim: at least 5,000)"
    );
}

async fn connect(url: &str) -> Client {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await.unwrap();
    tokio::spawn(connection);
    client
}

async fn settings(client: &Client) -> String {
    let show = "select string_agg(name || '=' || setting, ' ' order by name) from pg_settings \
                where name in ('fsync', 'synchronous_commit', 'full_page_writes')";
    client.query_one(show, &[]).await.unwrap().get(0)
}

async fn fresh(cluster: &str, name: &str) -> String {
    let client = connect(cluster).await;
    client
        .batch_execute(&format!("create database {name}"))
        .await
        .unwrap();
    let (server, _) = cluster.rsplit_once('/').unwrap();
    let url = format!("{server}/{name}");
    migrate_log(&url).await.unwrap();
    migrate_vault(&url).await.unwrap();
    url
}

fn median(mut times: Vec<f64>) -> f64 {
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}

async fn insert_p50(client: &Client) -> f64 {
    let table = "create table limit_row (id bigserial primary key, body bytea not null)";
    client.batch_execute(table).await.unwrap();
    let insert = client
        .prepare("insert into limit_row (body) values ($1)")
        .await
        .unwrap();
    let body = vec![7_u8; 900];
    let mut times = Vec::new();
    for _ in 0..1_500 {
        let started = Instant::now();
        client.execute(&insert, &[&body]).await.unwrap();
        times.push(started.elapsed().as_secs_f64() * 1_000.0);
    }
    median(times.split_off(200))
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

struct Server(Child, tempfile::File);

impl Drop for Server {
    fn drop(&mut self) {
        self.0.kill().expect("the server can be ended");
        self.0.wait().expect("the server ends");
        tempfile::remove(&self.1);
    }
}

/// The program's own output, where the tokens are.
mod tempfile {
    pub(super) struct File(pub(super) std::path::PathBuf);

    pub(super) fn create() -> File {
        File(std::env::temp_dir().join(format!("rfa-bench-{}", uuid::Uuid::new_v4())))
    }

    pub(super) fn remove(file: &File) {
        std::fs::remove_file(&file.0).expect("the output file");
    }
}

async fn send_p50(url: &str) -> f64 {
    let address = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let metrics = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let output = tempfile::create();
    let file = std::fs::File::create(&output.0).unwrap();
    let child = Command::new(env!("CARGO_BIN_EXE_rfa"))
        .args(["serve", "--demo"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .env_remove("AMQP_URL")
        .env("DATABASE_URL", url)
        .env("RFA_MASTER_KEY", MASTER_KEY)
        .env("RFA_HTTP", address.to_string())
        .env("RFA_METRICS", metrics.to_string())
        .env("RFA_LOG", "error")
        .stdout(file)
        .stderr(Stdio::inherit())
        .spawn()
        .unwrap();
    let _server = Server(child, tempfile::File(output.0.clone()));
    let client = reqwest::Client::new();
    let ready = format!("http://{address}/readyz");
    while client
        .get(&ready)
        .send()
        .await
        .map_or(true, |r| !r.status().is_success())
    {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let said = std::fs::read_to_string(&output.0).unwrap();
    let token = said
        .lines()
        .find_map(|line| {
            line.trim()
                .strip_prefix("head.girvan")?
                .split_whitespace()
                .next()
        })
        .expect("the head teacher's token")
        .to_owned();
    let example = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("workflows/request-for-assistance/examples/send.json");
    let data: Value = serde_json::from_str(&std::fs::read_to_string(example).unwrap()).unwrap();
    let body = json!({ "data": data }).to_string();
    let mut times = Vec::new();
    for _ in 0..SENDS {
        let call = client
            .post(format!("http://{address}/requests"))
            .bearer_auth(&token)
            .header("Idempotency-Key", Uuid::new_v4().to_string())
            .header("Content-Type", "application/json")
            .body(body.clone());
        let started = Instant::now();
        let answer = call.send().await.unwrap();
        assert_eq!(answer.status().as_u16(), 201);
        answer.bytes().await.unwrap();
        times.push(started.elapsed().as_secs_f64() * 1_000.0);
    }
    median(times.split_off(50))
}
