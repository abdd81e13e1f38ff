//! The imported log brought into the read tables: all together, each alone, and each built anew.

use super::figures::Round;
use super::{connect, median};
use rfa::log::connect::LogConfig;
use rfa::log::{Log, Position};
use rfa::projections::rebuild::IfDifferent;
use rfa::projections::{NAMES, Runner, Step};
use std::time::Instant;
use tokio_postgres::Client;

pub(crate) async fn measure(url: &str, round: &mut Round) {
    let config = LogConfig {
        database_url: url.to_owned(),
        queue_commands_max: 100,
        pool_max: 8,
    };
    let log = Log::connect(&config).await.unwrap();
    let owner = connect(url).await;
    let head = log.head().await.unwrap();
    let (rate, per_1_000) = run(&log).await;
    round.keep("project_all_events_per_s", rate);
    round.keep("project_all_ms_per_1_000_events", per_1_000);
    for name in NAMES {
        set_back(&owner, name, head).await;
        let (rate, per_1_000) = run(&log).await;
        round.keep(&format!("project_{name}_events_per_s"), rate);
        round.keep(&format!("project_{name}_ms_per_1_000_events"), per_1_000);
        let began = Instant::now();
        let runner = Runner::new(log.clone());
        let rebuilt = runner.rebuild(name, IfDifferent::Keep, &|_, _| {}).await;
        let took = began.elapsed().as_secs_f64();
        let difference = rebuilt.unwrap().difference;
        assert!(difference.is_none(), "{name}: {difference:?}");
        round.keep(
            &format!("rebuild_{name}_events_per_s"),
            head.0 as f64 / took,
        );
    }
}

/// As if nobody held them: this table at the beginning, the others where they are.
async fn set_back(owner: &Client, name: &str, head: Position) {
    let free = "update reader.cursors
        set lease_owner = null, lease_until = null, position = $1 where name like 'projection/%'";
    owner.execute(free, &[&head.0]).await.unwrap();
    let back = format!(
        "truncate read_model.{name};
         update reader.cursors set position = 0 where name like 'projection/{name}/%'"
    );
    owner.batch_execute(&back).await.unwrap();
}

/// Events a second, and ms for 1,000 of them at the median of the pages.
async fn run(log: &Log) -> (f64, f64) {
    let runner = Runner::new(log.clone());
    let began = Instant::now();
    let (mut all, mut pages) = (0, Vec::new());
    loop {
        let page = Instant::now();
        let Step::Applied(count) = runner.step().await.unwrap() else {
            break;
        };
        all += count;
        if count > 100 {
            pages.push(page.elapsed().as_secs_f64() * 1_000_000.0 / count as f64);
        }
    }
    (all as f64 / began.elapsed().as_secs_f64(), median(pages))
}
