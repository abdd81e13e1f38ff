//! One reader at a time, and no step from a place where the cursor is not.

use super::*;
use rfa::log::cursor::{CursorError, Reader};

fn reader(log: &Log, lease_ms: i64) -> Reader {
    Reader {
        name: "relay".to_owned(),
        epoch: log.epoch(),
        owner: Uuid::new_v4(),
        lease_ms,
    }
}

#[tokio::test]
async fn one_owner_at_a_time_moves_a_cursor() {
    let LogUnderTest {
        log,
        database: _kept,
    } = LogUnderTest::start().await;
    appended(log.append(command(Uuid::new_v4(), 0, 5)).await);
    let client = &**log.pool().get().await.unwrap();
    let (one, other) = (reader(&log, 60_000), reader(&log, 60_000));
    assert_eq!(one.lease(client).await.unwrap(), Some(Position(0)));
    assert_eq!(other.lease(client).await.unwrap(), None);
    assert!(one.advance(client, Position(0), Position(5)).await.unwrap());
    assert!(
        !other
            .advance(client, Position(5), Position(6))
            .await
            .unwrap()
    );
    assert!(!one.advance(client, Position(4), Position(6)).await.unwrap());

    one.release(client).await.unwrap();
    assert_eq!(other.lease(client).await.unwrap(), Some(Position(5)));
    assert!(!one.advance(client, Position(5), Position(6)).await.unwrap());
}

#[tokio::test]
async fn a_dead_owner_blocks_nobody_for_longer_than_its_lease() {
    let LogUnderTest {
        log,
        database: _kept,
    } = LogUnderTest::start().await;
    let client = &**log.pool().get().await.unwrap();
    let (dead, next) = (reader(&log, -1), reader(&log, 60_000));
    assert_eq!(dead.lease(client).await.unwrap(), Some(Position(0)));
    assert_eq!(next.lease(client).await.unwrap(), Some(Position(0)));
    assert!(
        !dead
            .advance(client, Position(0), Position(1))
            .await
            .unwrap()
    );
}

#[tokio::test]
async fn a_cursor_of_a_lost_history_stands_still() {
    let under_test = LogUnderTest::start().await;
    let client = &**under_test.log.pool().get().await.unwrap();
    let before = reader(&under_test.log, 60_000);
    assert_eq!(before.lease(client).await.unwrap(), Some(Position(0)));
    let restored = "update event_log.meta set epoch = gen_random_uuid()";
    under_test.as_owner(restored).await.unwrap();
    assert!(
        !before
            .advance(client, Position(0), Position(1))
            .await
            .unwrap()
    );

    let started_anew = replica(&under_test.database.url, 10).await;
    let after = Reader {
        owner: before.owner,
        ..reader(&started_anew, 60_000)
    };
    let refused = after.lease(client).await;
    assert!(
        matches!(refused, Err(CursorError::OtherEpoch { .. })),
        "{refused:?}"
    );
}
