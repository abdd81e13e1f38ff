//! What a manager's page asks, by one reader in a closed loop and by fifty who ask five hundred times a
//! second, with few and with many ended requests behind it.
//! `make bench` runs it with 2,000 and 20,000; `--requests N` asks with so many instead of the second.
//! The last figures are in README.md beside it.

#![expect(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a benchmark prints, and ends at the first surprise"
)]

#[path = "cluster/mod.rs"]
mod cluster;

use cluster::{connect, fresh};
use jiff::Timestamp;
use rfa::commands::{Commands, Registry, publish, read_folder};
use rfa::domain::declared::Declared;
use rfa::domain::ids::{Authority, ClockName, TeamId, WorkflowName};
use rfa::log::Log;
use rfa::log::connect::LogConfig;
use rfa::log::vault::{MasterKey, Vault, VaultConfig};
use rfa::projections::request_list::{self, Filter};
use rfa::projections::response_times::answer::Key;
use rfa::projections::response_times::bases::Bases;
use rfa::projections::response_times::{Answers, Question, query};
use rfa::projections::{ReadPool, Runner, team_caseloads};
use rfa::simulate::cast::Cast;
use rfa::simulate::run::{Settings, run};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::task::JoinSet;
use tokio_postgres::Client;

const MASTER_KEY: &str = "0707070707070707070707070707070707070707070707070707070707070707";
const AUTHORITY: &str = "south-ayrshire-synthetic";
const WORKFLOW: &str = "request-for-assistance";
/// Worked by the engine; the ended ones among them are copied.
const WORKED: usize = 400;
const READERS: usize = 50;
const LENGTH: Duration = Duration::from_secs(4);
/// Of each of many, between an answer and the next question.
const PAUSE: Duration = Duration::from_millis(100);
const REQUESTS: [i64; 2] = [2_000, 20_000];
/// Up to so many ended requests the figures are also counted from every row, once, to be compared with: of
/// more that takes longer than a call of a reader is given.
const COUNTED_MAX: i64 = 30_000;
/// Requests copied by one statement, so that what is not yet committed stays small.
const COPIED: i32 = 100;

/// Copies of everything that ended, each with an id of its own and begun a little earlier.
const COPIES: [&str; 3] = [
    "insert into read_model.response_times
     select t.authority, md5(t.request_id::text || i)::uuid, t.clock, t.spell, t.workflow,
         t.definition, t.received_at - make_interval(mins => i % 1000),
         t.started_at - make_interval(mins => i % 1000), t.ended_at, t.status,
         t.ended_by, t.elapsed_ms + i % 1000 * 60000, t.paused_ms, t.working_days, t.met,
         t.settled_position, t.detail, t.dimensions, t.position
     from read_model.response_times t
     join worked using (authority, request_id) cross join generate_series($1::int, $2::int) i",
    "insert into read_model.team_caseloads
     select t.authority, md5(t.request_id::text || i)::uuid, t.span, t.team, t.worker, t.state,
         t.waiting, t.received_at, t.from_at, t.to_at
     from read_model.team_caseloads t
     join worked using (authority, request_id) cross join generate_series($1::int, $2::int) i",
    "insert into read_model.request_list
     select (jsonb_populate_record(t, jsonb_build_object(
         'request_id', md5(t.request_id::text || i)::uuid))).*
     from read_model.request_list t
     join worked using (authority, request_id) cross join generate_series($1::int, $2::int) i",
];

struct Office {
    answers: Answers,
    bases: Bases,
    pool: ReadPool,
    declared: Arc<Declared>,
    /// When the last one of all ended; from then on time goes by.
    as_of: Timestamp,
    began: Instant,
}

#[derive(Debug, Clone, Copy)]
enum Asked {
    AllClocks,
    OneClockByLocality,
    Caseloads,
    Queue,
}

impl Office {
    /// Whether there was an answer: whoever finds no connection in time has none.
    /// Many who ask at once share answers, as they do in the API.
    async fn ask(&self, asked: Asked, shares: bool) -> bool {
        match asked {
            Asked::AllClocks => self.times(self.whole(), shares).await,
            Asked::OneClockByLocality => self.times(self.one_clock(), shares).await,
            Asked::Caseloads => {
                let question = team_caseloads::Question {
                    authority: AUTHORITY.to_owned(),
                    as_of: self.now(),
                };
                let rows = team_caseloads::query(&self.pool, &question, None).await;
                rows.is_ok_and(|rows| !rows.is_empty())
            }
            Asked::Queue => {
                let filter = Filter {
                    authority: Authority::parse(AUTHORITY).unwrap(),
                    team: Some(TeamId::parse("carrick-team").unwrap()),
                    requester: None,
                    covered: Vec::new(),
                    agency: None,
                    state: None,
                    open_only: true,
                    limit: 100,
                    after: None,
                };
                request_list::query(&self.pool, &filter).await.is_ok()
            }
        }
    }

    /// Who is open has waited longer each time that it is asked.
    fn now(&self) -> Timestamp {
        self.as_of + self.began.elapsed()
    }

    fn whole(&self) -> Question {
        let workflow = WorkflowName::parse(WORKFLOW).unwrap();
        Question::whole(AUTHORITY, workflow, self.now())
    }

    fn one_clock(&self) -> Question {
        Question {
            clock: Some(ClockName::parse("first_contact").unwrap()),
            by: Some("locality".to_owned()),
            ..self.whole()
        }
    }

    /// What the first one who asks waits for, and what stays in memory; beside it the same counted from
    /// every row.
    async fn first(&mut self, ended: i64) {
        self.bases = Bases::default();
        for (name, question) in [
            ("OneClockByLocality", self.one_clock()),
            ("AllClocks", self.whole()),
        ] {
            let (before, began) = (self.bases.weight(), Instant::now());
            let answer = self
                .bases
                .find_answer(&self.pool, &self.declared, &question);
            let answer = answer.await.unwrap().expect("from memory");
            let took = began.elapsed().as_secs_f64() * 1_000.0;
            let mib = (self.bases.weight().bytes - before.bytes) as f64 / f64::from(1 << 20);
            let mut counted = String::new();
            if ended <= COUNTED_MAX {
                let began = Instant::now();
                let all = query(&self.pool, &self.declared, &question).await.unwrap();
                let took = began.elapsed().as_secs_f64() * 1_000.0;
                counted = format!("  counted from every row {took:.0} ms");
                for (a, b) in answer.clocks.iter().zip(&all.clocks) {
                    assert_eq!((a.started, a.within_target), (b.started, b.within_target));
                    let (a, b) = (&a.kaplan_meier_days, &b.kaplan_meier_days);
                    assert_eq!((a.median, a.p95), (b.median, b.p95));
                }
            }
            let spells: usize = answer.clocks.iter().map(|clock| clock.started).sum();
            println!(
                "{ended:>8} ended, the first to ask: {name:<20} {took:>9.0} ms  {spells} spells in \
                 {mib:.1} MiB{counted}"
            );
        }
    }

    async fn times(&self, question: Question, shares: bool) -> bool {
        let read = self.bases.query(&self.pool, &self.declared, &question);
        let answer = if shares {
            let key = Key::of(&question, true, "", &self.declared);
            self.answers.ask(key, read).await
        } else {
            read.await.map(Arc::new)
        };
        answer.is_ok_and(|answer| !answer.clocks.is_empty())
    }
}

/// So many who ask again and again; p50, p99 and the longest in ms, and how many were not answered.
async fn readers(office: &Arc<Office>, asked: Asked, readers: usize) -> ([f64; 3], usize) {
    let mut tasks = JoinSet::new();
    let end = Instant::now() + LENGTH;
    for number in 0..readers {
        let office = Arc::clone(office);
        tasks.spawn(async move {
            let (mut times, mut unanswered) = (Vec::new(), 0);
            tokio::time::sleep(PAUSE / readers as u32 * number as u32).await;
            while Instant::now() < end {
                let began = Instant::now();
                unanswered += usize::from(!office.ask(asked, readers > 1).await);
                times.push(began.elapsed().as_secs_f64() * 1_000.0);
                if readers > 1 {
                    tokio::time::sleep(PAUSE).await;
                }
            }
            (times, unanswered)
        });
    }
    let (times, unanswered): (Vec<_>, Vec<usize>) = tasks.join_all().await.into_iter().unzip();
    let mut times = times.concat();
    times.sort_by(f64::total_cmp);
    let at = |share: f64| times[((times.len() - 1) as f64 * share) as usize];
    ([at(0.5), at(0.99), at(1.0)], unanswered.iter().sum())
}

async fn worked(url: &str) -> Office {
    let config = LogConfig {
        database_url: url.to_owned(),
        queue_commands_max: 2_000,
        pool_max: 16,
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
    let registry = Registry::open(log.clone()).await.unwrap();
    let authority = Authority::parse(AUTHORITY).unwrap();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("workflows");
    let files = read_folder(&folder, &Authority::parse("south-ayrshire").unwrap());
    let now = Timestamp::from_second(1_700_000_000).unwrap();
    publish(&registry, &authority, files.unwrap(), "bench", now)
        .await
        .unwrap();
    let cast = Cast::of(registry.of(AUTHORITY).organisation());
    let people = cast.declarations().unwrap();
    publish(&registry, &authority, people, "bench", now)
        .await
        .unwrap();
    let commands = Commands::new(registry, vault);
    let settings = Settings {
        seed: 7,
        requests: WORKED,
        last: jiff::civil::date(2026, 8, 14),
    };
    run(&commands, &authority, &cast, &settings, &|_, _| {})
        .await
        .unwrap();
    Runner::new(log.clone()).run_until_idle().await.unwrap();
    Office {
        answers: Answers::default(),
        bases: Bases::default(),
        pool: log.pool().clone(),
        declared: commands.registry().of(AUTHORITY),
        as_of: last_end(&connect(url).await).await,
        began: Instant::now(),
    }
}

async fn last_end(client: &Client) -> Timestamp {
    let last = "select max(greatest(started_at, ended_at)) from read_model.response_times";
    client.query_one(last, &[]).await.unwrap().get(0)
}

/// As many copies of what ended as make so many requests.
async fn copy(client: &Client, (from, to): (i32, i32)) {
    for first in (from + 1..=to).step_by(COPIED as usize) {
        let last = to.min(first + COPIED - 1);
        for copy in COPIES {
            client.execute(copy, &[&first, &last]).await.unwrap();
        }
    }
    client.batch_execute("vacuum analyze").await.unwrap();
}

async fn count(client: &Client, condition: &str) -> i64 {
    let count = format!("select count(*) from read_model.request_list where {condition}");
    client.query_one(&count, &[]).await.unwrap().get(0)
}

#[tokio::main]
async fn main() {
    let cluster = std::env::var("DATABASE_URL").expect("DATABASE_URL; run `make bench`");
    let arguments: Vec<String> = std::env::args().collect();
    let at = arguments
        .iter()
        .position(|argument| argument == "--requests");
    let most = at.map_or(REQUESTS[1], |at| arguments[at + 1].parse().unwrap());
    let name = format!("rfa_bench_dashboard_{}", std::process::id());
    let url = fresh(&cluster, &name).await;
    let mut office = worked(&url).await;
    let client = connect(&url).await;
    let ended = count(&client, "ended").await;
    let originals = "create table worked as
        select authority, request_id from read_model.request_list where ended";
    client.batch_execute(originals).await.unwrap();
    let mut copies = 0;
    for requests in [REQUESTS[0], most] {
        let wanted = i32::try_from(requests / ended).unwrap();
        copy(&client, (copies, wanted)).await;
        copies = wanted;
        let (ended, open) = (
            count(&client, "ended").await,
            count(&client, "not ended").await,
        );
        office.first(ended).await;
        let shared = Arc::new(office);
        for asked in [
            Asked::Queue,
            Asked::Caseloads,
            Asked::OneClockByLocality,
            Asked::AllClocks,
        ] {
            assert!(shared.ask(asked, false).await);
            for count in [1, READERS] {
                let ([p50, p99, longest], unanswered) = readers(&shared, asked, count).await;
                println!(
                    "{ended:>8} ended and {open} open, {count:>2} readers: {:<20} p50 {p50:>9.2} ms  \
                     p99 {p99:>9.2} ms  \
                     longest {longest:>9.2} ms  {unanswered} unanswered (aim: p99 under 25 ms)",
                    format!("{asked:?}")
                );
            }
        }
        office = Arc::into_inner(shared).unwrap();
    }
    drop(office);
    let cluster = connect(&cluster).await;
    let gone = format!("drop database {name} with (force)");
    cluster.batch_execute(&gone).await.unwrap();
}
