//! Several replicas over one log: they hear of each other, and one takes over from another.

use crate::support::engine::Engine;
use crate::support::{TestDatabase, until};
use rfa::log::connect::LogConfig;
use rfa::log::{Log, Position};
use rfa::projections::{NAMES, Runner, Step, lags};
use std::time::{Duration, Instant};
use tokio_util::sync::CancellationToken;

const AUTHORITY: &str = "south-ayrshire";
const SOON: Duration = Duration::from_secs(30);

async fn replica(database: &TestDatabase) -> Log {
    let config = LogConfig {
        database_url: database.url.clone(),
        queue_commands_max: 100,
        pool_max: 8,
    };
    Log::connect(&config).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replica_takes_over_within_five_seconds_when_another_is_gone() {
    let engine = Engine::start().await;
    engine.publish_folder(AUTHORITY).await;
    let taken = Instant::now();
    for name in NAMES {
        // As one that is killed leaves it: leased, and never given back.
        assert!(matches!(
            engine.runner.step(name).await.unwrap(),
            Step::Applied(_)
        ));
    }
    let log = replica(&engine.database).await;
    let shutdown = CancellationToken::new();
    let runner = Runner::new(log.clone());
    let keeping = NAMES.map(|name| tokio::spawn(runner.clone().keep(name, shutdown.clone())));
    let changed = engine.publish("east-ayrshire", folder()).await;
    assert!(changed > 0);
    let head = log.head().await.unwrap();
    until("all read tables are at the head", SOON, || async {
        let lags = lags(log.pool(), head).await.ok()?;
        lags.iter().all(|lag| lag.behind == 0).then_some(())
    })
    .await;
    let took = taken.elapsed();
    assert!(took < Duration::from_secs(5), "{took:?}");
    shutdown.cancel();
    for one in keeping {
        one.await.unwrap();
    }
}

fn folder() -> Vec<rfa::commands::Declaration> {
    let authority = rfa::domain::ids::Authority::parse("east-ayrshire").unwrap();
    rfa::commands::read_folder(&crate::support::engine::workflows(), &authority).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replica_follows_what_others_append_from_memory_and_survives_a_lost_listener() {
    let engine = Engine::start().await;
    let log = replica(&engine.database).await;
    let shutdown = CancellationToken::new();
    let keeping = tokio::spawn({
        let (log, shutdown) = (log.clone(), shutdown.clone());
        async move { log.keep_tail(shutdown).await }
    });
    // The other replica tells of what it appends.
    let telling = tokio::spawn({
        let (log, shutdown) = (engine.log.clone(), shutdown.clone());
        async move { log.keep_tail(shutdown).await }
    });
    let owner = engine.database.connect().await;
    for authority in [AUTHORITY, "east-ayrshire"] {
        engine.publish_folder(authority).await;
        let head = engine.log.head().await.unwrap();
        let mut reached = log.reached();
        tokio::time::timeout(SOON, reached.wait_for(|at| *at >= head))
            .await
            .expect("in time")
            .unwrap();
        let newest = log.follow(Position(head.0 - 1), 10).await.unwrap();
        assert_eq!(newest[0].position, head);
        let all = log.follow(Position(0), 100_000).await.unwrap();
        assert_eq!(all.len() as i64, head.0);
        let listeners = "select count(pg_terminate_backend(pid)) from pg_stat_activity
            where datname = current_database() and query ilike 'listen%'";
        let cut: i64 = owner.query_one(listeners, &[]).await.unwrap().get(0);
        assert!(cut > 0, "nobody listened");
    }
    shutdown.cancel();
    keeping.await.unwrap();
    telling.await.unwrap();
}
