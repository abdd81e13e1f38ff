//! Several replicas over one log: they hear of each other, and one takes over from another.

use crate::projections::{work, worked};
use crate::support::engine::Engine;
use crate::support::{TestDatabase, until};
use rfa::log::connect::LogConfig;
use rfa::log::cursor::{CursorError, Reader};
use rfa::log::{Log, Position};
use rfa::projections::rebuild::IfDifferent;
use rfa::projections::shards::SHARDS;
use rfa::projections::{Lag, NAMES, Runner, lags};
use std::time::{Duration, Instant};
use tokio_postgres::Client;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

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
    let gone = tokio::spawn(engine.runner.clone().keep(CancellationToken::new()));
    at_the_head(&engine.log).await;
    // As one that is killed leaves it: leased, announced, and never given back.
    gone.abort();
    let taken = Instant::now();
    let log = replica(&engine.database).await;
    let shutdown = CancellationToken::new();
    let keeping = tokio::spawn(Runner::new(log.clone()).keep(shutdown.clone()));
    let changed = engine.publish("east-ayrshire", folder()).await;
    assert!(changed > 0);
    at_the_head(&log).await;
    let took = taken.elapsed();
    assert!(took < Duration::from_secs(5), "{took:?}");
    shutdown.cancel();
    keeping.await.unwrap();
}

async fn at_the_head(log: &Log) {
    let head = log.head().await.unwrap();
    until("all read tables are at the head", SOON, || async {
        let lags = lags(log.pool(), head).await.ok()?;
        lags.iter().all(|lag| lag.behind == 0).then_some(())
    })
    .await;
}

/// How many shards of read tables each owner holds now, the most first.
async fn holdings(client: &Client) -> Vec<i64> {
    let held = "select count(*) from reader.cursors
        where name like 'projection/%' and lease_until >= clock_timestamp()
        group by lease_owner order by 1 desc";
    let rows = client.query(held, &[]).await.unwrap();
    rows.iter().map(|row| row.get(0)).collect()
}

async fn held_as(client: &Client, wanted: &[i64]) {
    until("the shards are shared", SOON, || async {
        (holdings(client).await == wanted).then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn replicas_share_the_shards_evenly_and_come_to_the_same_tables() {
    let engine = worked(1).await;
    let all = (NAMES.len() * SHARDS) as i64;
    let owner = engine.database.connect().await;
    let shutdown = CancellationToken::new();
    let mut keeping = vec![tokio::spawn(engine.runner.clone().keep(shutdown.clone()))];
    held_as(&owner, &[all]).await;
    let logs = [
        replica(&engine.database).await,
        replica(&engine.database).await,
        replica(&engine.database).await,
    ];
    let join = |log: &Log| tokio::spawn(Runner::new(log.clone()).keep(shutdown.clone()));
    keeping.push(join(&logs[0]));
    held_as(&owner, &[all / 2; 2]).await;
    // Work goes on while the shards change hands.
    keeping.extend(logs[1..].iter().map(join));
    work(&engine, 40).await;
    held_as(&owner, &[all / 4; 4]).await;
    at_the_head(&engine.log).await;
    // One is gone without a word, another in good order.
    keeping.remove(1).abort();
    work(&engine, 20).await;
    held_as(&owner, &[all / 2, all / 4, all / 4]).await;
    at_the_head(&engine.log).await;
    for name in NAMES {
        let rebuilt = engine.runner.rebuild(name, IfDifferent::Keep, &|_, _| {});
        let difference = rebuilt.await.unwrap().difference;
        assert!(difference.is_none(), "{name}: {difference:?}");
    }
    shutdown.cancel();
    for one in keeping {
        one.await.unwrap();
    }
    assert_eq!(holdings(&owner).await, [] as [i64; 0], "given back");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_read_table_that_cannot_be_written_keeps_no_other_from_going_on() {
    let engine = worked(10).await;
    let owner = engine.database.connect().await;
    let broken = "create function broken() returns trigger language plpgsql as
            $$ begin raise exception 'invented'; end $$";
    owner.batch_execute(broken).await.unwrap();
    engine.runner.step().await.unwrap();
    let trigger = "create trigger broken before insert on read_model.acts
        for each row execute function broken()";
    owner.batch_execute(trigger).await.unwrap();
    let stands = engine
        .runner
        .run_until_idle()
        .await
        .unwrap_err()
        .to_string();
    assert!(stands.contains("read tables"), "{stands}");
    let behind = |lags: Vec<Lag>| {
        let behind = lags.into_iter().filter(|lag| lag.behind > 0);
        behind.map(|lag| lag.projection).collect::<Vec<String>>()
    };
    let head = engine.log.head().await.unwrap();
    until("all others are at the head", SOON, || async {
        let stepped = engine.runner.step().await;
        let lags = lags(engine.log.pool(), head).await.ok()?;
        (stepped.is_ok() && behind(lags) == ["acts"]).then_some(())
    })
    .await;
    let mend = "drop trigger broken on read_model.acts";
    owner.batch_execute(mend).await.unwrap();
    until("the broken one has caught up", SOON, || async {
        engine.runner.step().await.ok()?;
        let lags = lags(engine.log.pool(), head).await.ok()?;
        behind(lags).is_empty().then_some(())
    })
    .await;
    let rebuilt = engine.runner.rebuild("acts", IfDifferent::Keep, &|_, _| {});
    let difference = rebuilt.await.unwrap().difference;
    assert!(difference.is_none(), "{difference:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replica_leaves_a_read_table_that_another_build_has_taken_over() {
    let engine = worked(3).await;
    let owner = engine.database.connect().await;
    let shutdown = CancellationToken::new();
    let older = tokio::spawn(engine.runner.clone().keep(shutdown.clone()));
    at_the_head(&engine.log).await;
    // As a newer build does before anything else.
    let anew =
        "truncate read_model.acts; comment on table read_model.acts is 'shape of another build';
        update reader.cursors set position = 0 where name like 'projection/acts/%'";
    owner.batch_execute(anew).await.unwrap();
    work(&engine, 3).await;
    let free = "select count(*) from reader.cursors
        where name like 'projection/acts/%' and lease_owner is null and position = 0";
    until("the older build has left it", SOON, || async {
        let row = owner.query_one(free, &[]).await.ok()?;
        (row.get::<_, i64>(0) == SHARDS as i64).then_some(())
    })
    .await;
    let rows = "select count(*) from read_model.acts";
    let rows: i64 = owner.query_one(rows, &[]).await.unwrap().get(0);
    assert_eq!(rows, 0, "the older build wrote into it");
    // To this one, that table is of another build.
    let newer = Runner::new(replica(&engine.database).await);
    newer.run_until_idle().await.unwrap();
    at_the_head(&engine.log).await;
    let rebuilt = newer.rebuild("acts", IfDifferent::Keep, &|_, _| {});
    let difference = rebuilt.await.unwrap().difference;
    assert!(difference.is_none(), "{difference:?}");
    shutdown.cancel();
    older.await.unwrap();
}

#[tokio::test]
async fn a_build_that_knows_no_shards_is_refused_a_cursor() {
    let engine = Engine::start().await;
    let reader = Reader {
        name: "projection/acts".to_owned(),
        epoch: engine.log.epoch(),
        owner: Uuid::new_v4(),
        lease_ms: 3_000,
    };
    let client = &**engine.log.pool().get().await.unwrap();
    let refused = reader.lease(client).await.unwrap_err();
    assert!(matches!(refused, CursorError::Postgres(_)), "{refused:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_forged_cursor_is_told_of_by_name_and_stops_no_other() {
    let engine = worked(3).await;
    engine.runner.run_until_idle().await.unwrap();
    let owner = engine.database.connect().await;
    let forged = "update reader.cursors
        set position = position + 1000, lease_owner = null, lease_until = null
        where name = 'projection/acts/2'";
    owner.batch_execute(forged).await.unwrap();
    work(&engine, 3).await;
    let next = Runner::new(replica(&engine.database).await);
    let free = "update reader.cursors set lease_until = clock_timestamp()";
    owner.execute(free, &[]).await.unwrap();
    let told = next.step().await.unwrap_err().to_string();
    assert!(told.contains("projection/acts/2"), "{told}");
    next.run_until_idle().await.unwrap();
    let head = engine.log.head().await.unwrap();
    let behind = "select name, position from reader.cursors
        where name like 'projection/%' and position <> $1";
    let others = owner.query(behind, &[&head.0]).await.unwrap();
    let others: Vec<String> = others.iter().map(|row| row.get(0)).collect();
    assert_eq!(others, ["projection/acts/2"]);
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
