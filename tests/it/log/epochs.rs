//! A restored log: who was there before notices, and who reads goes on where the log still is.

use super::*;
use rfa::log::cursor::{CursorError, Reader};
use rfa::log::epoch;

fn reader(log: &Log, name: &str) -> Reader {
    Reader {
        name: name.to_owned(),
        epoch: log.epoch(),
        owner: Uuid::new_v4(),
        lease_ms: 60_000,
    }
}

#[tokio::test]
async fn readers_go_on_in_the_new_epoch_unless_they_are_ahead_of_the_log() {
    let under_test = LogUnderTest::start().await;
    appended(under_test.log.append(command(Uuid::new_v4(), 0, 4)).await);
    let client = &**under_test.log.pool().get().await.unwrap();
    for (name, to) in [("relay/ordinary", 3), ("projection/x/0", 4)] {
        let reader = reader(&under_test.log, name);
        reader.lease(client).await.unwrap();
        assert!(
            reader
                .advance(client, Position(0), Position(to))
                .await
                .unwrap()
        );
    }
    under_test
        .tamper(
            "delete from event_log.events; delete from event_log.appends;
             insert into event_log.appends select 3, 1, now(), sha256('x')",
        )
        .await;
    let begun = epoch::begin(&under_test.database.owner_url).await.unwrap();
    assert_eq!(begun.moved, ["relay/ordinary"]);
    assert_eq!(begun.left, ["projection/x/0"]);
    assert_eq!(
        under_test.log.read_epoch().await.unwrap(),
        begun.epoch.id,
        "a replica that asks hears of it"
    );
    assert_ne!(under_test.log.epoch(), begun.epoch.id);

    let anew = replica(&under_test.database.url, 10).await;
    assert_eq!(anew.history(), begun.epoch);
    let goes_on = reader(&anew, "relay/ordinary").lease(client).await;
    assert_eq!(goes_on.unwrap(), Some(Position(3)));
    let stands = reader(&anew, "projection/x/0").lease(client).await;
    assert!(
        matches!(stands, Err(CursorError::OtherEpoch { .. })),
        "{stands:?}"
    );
}

#[tokio::test]
async fn a_cursor_that_is_ahead_of_the_log_is_an_error_and_no_idleness() {
    let under_test = LogUnderTest::start().await;
    appended(under_test.log.append(command(Uuid::new_v4(), 0, 1)).await);
    let client = &**under_test.log.pool().get().await.unwrap();
    let reader = reader(&under_test.log, "relay/ordinary");
    reader.lease(client).await.unwrap();
    let forged = "update reader.cursors set position = 99";
    under_test.as_owner(forged).await.unwrap();
    let refused = reader.lease(client).await;
    assert!(
        matches!(
            refused,
            Err(CursorError::Ahead {
                position: Position(99),
                head: Position(1),
                ..
            })
        ),
        "{refused:?}"
    );
}

#[tokio::test]
async fn the_application_cannot_begin_an_epoch() {
    let under_test = LogUnderTest::start().await;
    let application = under_test.log.pool().get().await.unwrap();
    for statement in [
        "insert into event_log.epochs (epoch, began_after) values (gen_random_uuid(), 0)",
        "delete from event_log.epochs",
    ] {
        assert!(application.batch_execute(statement).await.is_err());
    }
    let owner = "update event_log.epochs set began_after = 7";
    assert!(under_test.as_owner(owner).await.is_err());
}
