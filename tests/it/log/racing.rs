//! Many writers, readers beside them, and connections that die in between.

use super::*;
use crate::support::PrivatePostgres;
use rfa::log::migrate::{migrate_log, migrate_vault};
use rfa::log::verify::{Verified, verify};
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::task::JoinSet;

const ROUNDS: i32 = 25;

/// Tries for every version of the stream; gives the versions that it won.
async fn race(log: Log, stream: Uuid) -> Vec<i32> {
    let mut won = Vec::new();
    for version in 0..ROUNDS {
        match log.append(command(stream, version, 1)).await.unwrap() {
            Verdict::Appended(receipt) => won.push(receipt.version),
            Verdict::Conflict { actual } => assert!(actual > version),
            other @ (Verdict::Duplicate(_) | Verdict::Reused) => panic!("{other:?}"),
        }
    }
    won
}

/// Follows the log from its start; fails at the first gap.
async fn follow(log: Log, done: Arc<AtomicBool>) -> i64 {
    let mut last = 0;
    loop {
        let finished = done.load(Ordering::Acquire);
        let page = log.read_after(Position(last), 7).await.unwrap();
        if page.is_empty() && finished {
            return last;
        }
        for event in page {
            assert_eq!(event.position, Position(last + 1), "a reader met a gap");
            last += 1;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_version_of_a_stream_has_one_winner() {
    let database = Postgres::database().await;
    let replicas = [
        replica(&database.url, 1_000).await,
        replica(&database.url, 1_000).await,
    ];
    let stream = Uuid::new_v4();
    let done = Arc::new(AtomicBool::new(false));
    let reader = tokio::spawn(follow(replicas[0].clone(), done.clone()));
    let mut writers = JoinSet::new();
    for i in 0..16 {
        writers.spawn(race(replicas[i % 2].clone(), stream));
    }
    let mut won: Vec<i32> = writers.join_all().await.concat();
    won.sort_unstable();
    assert_eq!(won, (1..=ROUNDS).collect::<Vec<_>>());
    done.store(true, Ordering::Release);
    assert_eq!(reader.await.unwrap(), i64::from(ROUNDS));
}

/// Sends each command until it is in the log, as a caller does who was told "unknown".
async fn insist(log: Log, commands: Vec<Append>) -> Vec<(Uuid, Receipt)> {
    let mut receipts = Vec::new();
    for command in commands {
        let receipt = loop {
            match log.append(command.clone()).await {
                Ok(Verdict::Appended(receipt) | Verdict::Duplicate(receipt)) => break receipt,
                Err(AppendError::Unknown | AppendError::Unavailable) => {
                    tokio::task::yield_now().await;
                }
                other => panic!("{other:?}"),
            }
        };
        receipts.push((command.command_id, receipt));
    }
    receipts
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn backends_that_are_killed_lose_and_double_nothing() {
    let LogUnderTest { log, database } = LogUnderTest::start().await;
    let mut writers = JoinSet::new();
    for _ in 0..8 {
        let commands = (0..40).map(|_| command(Uuid::new_v4(), 0, 2)).collect();
        writers.spawn(insist(log.clone(), commands));
    }
    let owner = database.connect().await;
    let kill = "select count(pg_terminate_backend(pid)) from pg_stat_activity
        where datname = current_database() and application_name = 'rfa'";
    let mut killed = 0;
    let mut receipts = HashMap::new();
    while !writers.is_empty() {
        killed += owner.query_one(kill, &[]).await.unwrap().get::<_, i64>(0);
        let next = tokio::time::timeout(Duration::from_millis(15), writers.join_next()).await;
        if let Ok(Some(written)) = next {
            receipts.extend(written.unwrap());
        }
    }
    assert!(killed > 1, "nothing was killed in the middle");
    assert_eq!(receipts.len(), 8 * 40);

    let log = replica(&database.url, 1_000).await;
    let events = log.read_after(Position(0), 1_000).await.unwrap();
    assert_eq!(events.len(), 8 * 40 * 2);
    for (i, event) in events.iter().enumerate() {
        assert_eq!(event.position, Position(i as i64 + 1));
        let receipt = receipts[&event.command_id];
        assert_eq!(receipt.recorded_at, event.recorded_at);
        assert!(receipt.position >= event.position);
    }
    let verified = verify(&owner, None, |_| {}).await.unwrap();
    assert!(
        matches!(verified, Verified::Clean { events: 640, .. }),
        "{verified:?}"
    );
}

#[tokio::test]
async fn a_server_that_was_away_is_found_again() {
    let postgres = PrivatePostgres::start().await;
    let url = postgres.url();
    migrate_log(&url).await.unwrap();
    let log = replica(&url, 100).await;
    appended(log.append(command(Uuid::new_v4(), 0, 1)).await);
    postgres.kill().await;
    let command = command(Uuid::new_v4(), 0, 1);
    for _ in 0..2 {
        let verdict = log.append(command.clone()).await;
        assert!(
            matches!(
                verdict,
                Err(AppendError::Unavailable | AppendError::Unknown)
            ),
            "{verdict:?}"
        );
        assert!(log.head().await.is_err());
    }
    let unreached = log.append(command.clone()).await;
    assert!(
        matches!(unreached, Err(AppendError::Unavailable)),
        "{unreached:?}"
    );
    postgres.start_again().await;
    assert_eq!(appended(log.append(command).await).position, Position(2));
    assert_eq!(log.head().await.unwrap(), Position(2));
}

#[tokio::test]
async fn databases_of_a_new_cluster_may_migrate_side_by_side() {
    let postgres = PrivatePostgres::start().await;
    let server = postgres.url();
    let (server, _) = server.rsplit_once('/').unwrap();
    let (_, address) = server.rsplit_once('@').unwrap();
    let (owner, connection) = tokio_postgres::connect(&postgres.url(), tokio_postgres::NoTls)
        .await
        .unwrap();
    tokio::spawn(connection);
    // No superuser, so that the role has to be granted too.
    let maker = "create role maker login createrole password 'maker'";
    owner.batch_execute(maker).await.unwrap();
    for i in 0..6 {
        let create = format!("create database side_by_side_{i} owner maker");
        owner.batch_execute(&create).await.unwrap();
    }
    let mut migrations = JoinSet::new();
    for i in 0..6 {
        let url = format!("postgres://maker:maker@{address}/side_by_side_{i}");
        // And two replicas of each may start at once.
        for url in [url.clone(), url] {
            migrations.spawn(async move {
                migrate_log(&url).await.unwrap();
                migrate_vault(&url).await.unwrap();
                appended(
                    replica(&url, 10)
                        .await
                        .append(command(Uuid::new_v4(), 0, 1))
                        .await,
                );
            });
        }
    }
    migrations.join_all().await;
}
