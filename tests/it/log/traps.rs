//! How logs on Postgres lose events: each trap as it is, and that ours is not in it.

use super::*;
use crate::support::{PrivatePostgres, postgres_program};
use rfa::log::migrate::migrate_log;
use rfa::log::verify::{Verified, verify};
use std::process::{Command, Stdio};
use tokio_postgres::{Client, NoTls};

async fn connect(url: &str) -> Client {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await.unwrap();
    tokio::spawn(connection);
    client
}

async fn positions(client: &Client, query: &str) -> Vec<i64> {
    let rows = client.query(query, &[]).await.unwrap();
    rows.iter().map(|row| row.get(0)).collect()
}

#[tokio::test]
async fn a_position_from_a_sequence_loses_what_commits_late() {
    let database = Postgres::database().await;
    let (slow, fast) = (database.connect().await, database.connect().await);
    let table = "create table numbered (position bigserial primary key, what text)";
    slow.batch_execute(table).await.unwrap();
    slow.batch_execute("begin; insert into numbered (what) values ('slow')")
        .await
        .unwrap();
    fast.batch_execute("insert into numbered (what) values ('fast')")
        .await
        .unwrap();
    let read = |after: i64| format!("select position from numbered where position > {after}");
    assert_eq!(positions(&fast, &read(0)).await, [2], "the reader is at 2");
    slow.batch_execute("commit").await.unwrap();
    assert_eq!(
        positions(&fast, &read(2)).await,
        [] as [i64; 0],
        "1 is lost"
    );
}

/// The usual cure: wait for transactions that are still open. It needs the pair of both to read on.
#[tokio::test]
async fn a_horizon_of_transactions_loses_a_later_one_with_a_lower_position() {
    let database = Postgres::database().await;
    let writer = database.connect().await;
    let table = "create table numbered (position bigint primary key,
        xid xid8 not null default pg_current_xact_id()); create sequence next";
    writer.batch_execute(table).await.unwrap();
    // Draws its position, and is slow to begin.
    let low: i64 = writer
        .query_one("select nextval('next')", &[])
        .await
        .unwrap()
        .get(0);
    let insert = "insert into numbered (position) values (nextval('next'))";
    writer.batch_execute(insert).await.unwrap();
    let read = |after: i64| {
        format!(
            "select position from numbered where position > {after}
             and xid < pg_snapshot_xmin(pg_current_snapshot())"
        )
    };
    assert_eq!(positions(&writer, &read(0)).await, [2]);
    let late = format!("insert into numbered (position) values ({low})");
    writer.batch_execute(&late).await.unwrap();
    assert_eq!(
        positions(&writer, &read(2)).await,
        [] as [i64; 0],
        "{low} is lost"
    );
}

/// Also for a replica that reads while somebody dumps, reports or forgets a transaction.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ours_is_read_whole_and_in_order_beside_transactions_that_stay_open() {
    let LogUnderTest { log, database } = LogUnderTest::start().await;
    let (reports, writes) = (database.connect().await, database.connect().await);
    reports
        .batch_execute("begin isolation level repeatable read; select 1")
        .await
        .unwrap();
    writes
        .batch_execute("begin; create table elsewhere (id int); select pg_current_xact_id()")
        .await
        .unwrap();
    let other = replica(&database.url, 100).await;
    let writers = [log.clone(), other].map(|log| {
        tokio::spawn(async move {
            for _ in 0..60 {
                appended(log.append(command(Uuid::new_v4(), 0, 3)).await);
            }
        })
    });
    let dump = Command::new(postgres_program("pg_dump"))
        .arg(&database.owner_url)
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let mut last = 0;
    while last < 360 {
        for event in log.read_after(Position(last), 50).await.unwrap() {
            last += 1;
            assert_eq!(event.position, Position(last));
        }
    }
    for writer in writers {
        writer.await.unwrap();
    }
    assert!(dump.wait_with_output().unwrap().status.success());
    reports.batch_execute("commit").await.unwrap();
    writes.batch_execute("rollback").await.unwrap();
}

/// A standby of a cluster, and the URL of its database.
async fn standby_of(primary: &PrivatePostgres) -> (PrivatePostgres, String) {
    let standby = PrivatePostgres::start().await;
    let own = standby.url();
    standby.stop().await;
    let unused = standby.data_dir().with_file_name("unused");
    std::fs::rename(standby.data_dir(), &unused).unwrap();
    let data = standby.data_dir().display().to_string();
    let backup = Command::new(postgres_program("pg_basebackup"))
        .args(["-d", &primary.url(), "-D", &data])
        .args(["-R", "-X", "stream", "-c", "fast"])
        .status()
        .unwrap();
    assert!(backup.success());
    let owned = Command::new("chown")
        .arg("-R")
        .arg(format!("--reference={}", unused.display()))
        .arg(&data)
        .status()
        .unwrap();
    assert!(owned.success());
    standby.start_again().await;
    // Its people and their passwords are those of the primary.
    let (_, address) = own.rsplit_once('@').unwrap();
    let primary = primary.url();
    let (person, _) = primary.rsplit_once('@').unwrap();
    (standby, format!("{person}@{address}"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_standby_shows_every_position_once_and_in_order_while_the_log_is_written() {
    let primary = PrivatePostgres::start().await;
    migrate_log(&primary.url()).await.unwrap();
    let (_standby, url) = standby_of(&primary).await;
    let writes = connect(&primary.url()).await;
    writes
        .batch_execute("begin; create table elsewhere (id int); select pg_current_xact_id()")
        .await
        .unwrap();
    let mut writers = Vec::new();
    for _ in 0..2 {
        let log = replica(&primary.url(), 100).await;
        writers.push(tokio::spawn(async move {
            for _ in 0..60 {
                appended(log.append(command(Uuid::new_v4(), 0, 3)).await);
            }
        }));
    }
    let reader = connect(&url).await;
    let recovers = reader.query_one("select pg_is_in_recovery()", &[]).await;
    assert!(recovers.unwrap().get::<_, bool>(0), "not a standby");
    let mut last = 0;
    while last < 360 {
        let next = format!(
            "select position from event_log.events where position > {last}
             order by position limit 50"
        );
        for position in positions(&reader, &next).await {
            last += 1;
            assert_eq!(position, last);
        }
    }
    for writer in writers {
        writer.await.unwrap();
    }
    writes.batch_execute("rollback").await.unwrap();
}

/// A store that orders by transaction ids sees its own history as the future, or not at all.
#[tokio::test]
async fn a_dump_into_a_young_cluster_hides_what_is_ordered_by_transactions_and_ours_is_whole() {
    let LogUnderTest { log, database } = LogUnderTest::start().await;
    for _ in 0..5 {
        appended(log.append(command(Uuid::new_v4(), 0, 2)).await);
    }
    let owner = database.connect().await;
    let table = "create table by_xid (position bigint, xid xid8);
        insert into by_xid values (1, '9000000000000')";
    owner.batch_execute(table).await.unwrap();

    let young = PrivatePostgres::start().await;
    let dump = Command::new(postgres_program("pg_dump"))
        .args(["--no-owner", "--no-privileges", &database.owner_url])
        .output()
        .unwrap();
    assert!(dump.status.success());
    let file = std::env::temp_dir().join(format!("rfa-{}.sql", Uuid::new_v4()));
    std::fs::write(&file, &dump.stdout).unwrap();
    let restore = Command::new(postgres_program("psql"))
        .args(["-q", "-v", "ON_ERROR_STOP=1", "-d", &young.url(), "-f"])
        .arg(&file)
        .stdout(Stdio::null())
        .status()
        .unwrap();
    std::fs::remove_file(&file).unwrap();
    assert!(restore.success());

    let client = connect(&young.url()).await;
    let horizon = "select position from by_xid where xid < pg_snapshot_xmin(pg_current_snapshot())";
    assert_eq!(
        positions(&client, horizon).await,
        [] as [i64; 0],
        "no longer a trap"
    );
    let verified = verify(&client, None, |_| {}).await.unwrap();
    assert!(
        matches!(verified, Verified::Clean { events: 10, .. }),
        "{verified:?}"
    );
    // Rights are not part of the dump; they are the migration's, which knows what is there.
    assert_eq!(migrate_log(&young.url()).await.unwrap(), [] as [String; 0]);
}
