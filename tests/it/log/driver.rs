//! Where the driver says "done" and nothing was: the trap, and that our ways do not lead into it.

use super::*;
use rfa::log::cursor::Reader;
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
