//! Where the driver says "done" and nothing was: the trap, and that our ways do not lead into it.

use super::*;
use crate::support::{PrivatePostgres, until};
use rfa::log::cursor::Reader;
use rfa::log::migrate::migrate_log;
use std::time::Duration;
use tokio_postgres::{Client, Transaction};

async fn aborted(client: &mut Client) -> Transaction<'_> {
    let transaction = client.transaction().await.unwrap();
    transaction
        .batch_execute("create table marks (id int primary key); insert into marks values (1)")
        .await
        .unwrap();
    let refused = transaction.execute("insert into marks values (1)", &[]);
    assert!(refused.await.is_err(), "the second row has the same key");
    transaction
}

#[tokio::test]
async fn the_driver_calls_the_commit_of_aborted_work_a_success() {
    let database = Postgres::database().await;
    let mut client = database.connect().await;
    let commit = aborted(&mut client).await.commit().await;
    assert!(commit.is_ok(), "no longer a trap: {commit:?}");
    let kept = client.query_one("select to_regclass('marks') is null", &[]);
    assert!(kept.await.unwrap().get::<_, bool>(0), "nothing was kept");
}

#[tokio::test]
async fn a_cursor_does_not_move_in_aborted_work() {
    let under_test = LogUnderTest::start().await;
    let mut client = under_test.database.connect().await;
    let reader = Reader {
        name: "response_times".to_owned(),
        epoch: under_test.log.epoch(),
        owner: Uuid::new_v4(),
        lease_ms: 60_000,
    };
    reader.lease(&client).await.unwrap();
    let work = aborted(&mut client).await;
    let moved = reader.advance(&work, Position(0), Position(1)).await;
    assert!(moved.is_err(), "so the caller never comes to its commit");
}

#[tokio::test]
async fn an_append_that_fails_at_its_commit_is_an_error() {
    let under_test = LogUnderTest::start().await;
    under_test
        .as_owner(
            "create function refuse_late() returns trigger language plpgsql as
                 $$ begin raise 'too late' using errcode = '23514'; end $$;
             create constraint trigger late after insert on event_log.events
                 deferrable initially deferred for each row execute function refuse_late()",
        )
        .await
        .unwrap();
    let command = command(Uuid::new_v4(), 0, 1);
    let verdict = under_test.log.append(command.clone()).await;
    assert!(
        matches!(&verdict, Err(AppendError::Refused { sqlstate }) if sqlstate == "23514"),
        "{verdict:?}"
    );
    assert_eq!(under_test.head().await, 0);

    let healed = "drop trigger late on event_log.events";
    under_test.as_owner(healed).await.unwrap();
    assert_eq!(appended(under_test.log.append(command).await).version, 1);
}

/// Cancels the commit that waits for a standby which never comes.
async fn cancel_the_wait(owner: &Client) {
    let cancel = "select pg_cancel_backend(pid) from pg_stat_activity where wait_event = 'SyncRep'";
    until("a commit that waits", Duration::from_secs(10), || async {
        let cancelled = owner.query_opt(cancel, &[]).await.unwrap();
        cancelled.map(|row| assert!(row.get::<_, bool>(0)))
    })
    .await;
}

#[tokio::test]
async fn a_commit_whose_wait_for_the_standby_was_cancelled_is_unknown() {
    let postgres = PrivatePostgres::start().await;
    migrate_log(&postgres.url()).await.unwrap();
    let log = replica(&postgres.url(), 10).await;
    let connect = || async {
        let (client, connection) = tokio_postgres::connect(&postgres.url(), tokio_postgres::NoTls)
            .await
            .unwrap();
        tokio::spawn(connection);
        client
    };
    let (owner, writer) = (connect().await, connect().await);
    for statement in [
        "set synchronous_commit = local",
        "create table marks (id serial)",
        "alter system set synchronous_standby_names = 'nobody'",
        "select pg_reload_conf()",
    ] {
        owner.batch_execute(statement).await.unwrap();
    }
    // The server takes up the setting when it comes to it.
    let inserted = loop {
        let mut insert = Box::pin(writer.execute("insert into marks default values", &[]));
        let at_once = tokio::time::timeout(Duration::from_secs(1), &mut insert).await;
        if at_once.is_err() {
            break tokio::join!(insert, cancel_the_wait(&owner)).0;
        }
    };
    assert!(inserted.is_ok(), "no longer a trap: {inserted:?}");

    let command = command(Uuid::new_v4(), 0, 1);
    let append = log.append(command.clone());
    let (verdict, ()) = tokio::join!(append, cancel_the_wait(&owner));
    assert!(matches!(verdict, Err(AppendError::Unknown)), "{verdict:?}");

    for statement in [
        "alter system reset synchronous_standby_names",
        "select pg_reload_conf()",
    ] {
        owner.batch_execute(statement).await.unwrap();
    }
    let again = log.append(command).await;
    assert!(matches!(again, Ok(Verdict::Duplicate(_))), "{again:?}");
}

#[test]
fn a_log_whose_committer_is_gone_is_not_called_full() {
    let first = tokio::runtime::Runtime::new().unwrap();
    let under_test = first.block_on(LogUnderTest::start());
    let log = under_test.log.clone();
    let database = under_test.database;
    // The committer is a task of the runtime that the log was opened on.
    first.shutdown_timeout(Duration::from_secs(10));
    let second = tokio::runtime::Runtime::new().unwrap();
    second.block_on(async {
        let refused = log.append(command(Uuid::new_v4(), 0, 1)).await;
        assert!(
            matches!(refused, Err(AppendError::Unavailable)),
            "{refused:?}"
        );
        drop(database);
    });
}
