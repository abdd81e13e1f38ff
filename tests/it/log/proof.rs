//! Whoever changes the log behind its back is found, with the position.

use super::*;
use jiff::Timestamp;
use rfa::log::verify::{Checkpoint, Verified, VerifyError, verify};

/// Five appends of two events each.
async fn ten_events() -> LogUnderTest {
    let under_test = LogUnderTest::start().await;
    for _ in 0..5 {
        appended(under_test.log.append(command(Uuid::new_v4(), 0, 2)).await);
    }
    under_test
}

async fn verified(under_test: &LogUnderTest, from: Option<&Checkpoint>) -> Verified {
    let client = under_test.log.pool().get().await.unwrap();
    verify(&client, from, |_| {}).await.unwrap()
}

async fn clean(under_test: &LogUnderTest, from: Option<&Checkpoint>) -> (u64, Checkpoint) {
    match verified(under_test, from).await {
        Verified::Clean {
            events,
            checkpoint: Some(checkpoint),
        } => (events, checkpoint),
        other @ (Verified::Bad { .. } | Verified::Lost { .. } | Verified::Clean { .. }) => {
            panic!("not clean: {other:?}")
        }
    }
}

async fn first_bad(under_test: &LogUnderTest, from: Option<&Checkpoint>) -> (i64, &'static str) {
    match verified(under_test, from).await {
        Verified::Bad { position, why } => (position.0, why),
        other @ (Verified::Lost { .. } | Verified::Clean { .. }) => {
            panic!("nothing found: {other:?}")
        }
    }
}

#[tokio::test]
async fn an_untouched_log_is_clean_and_goes_on_from_its_checkpoint() {
    let under_test = ten_events().await;
    let (events, checkpoint) = clean(&under_test, None).await;
    assert_eq!((events, checkpoint.position), (10, Position(10)));
    assert_eq!(clean(&under_test, Some(&checkpoint)).await.0, 0);
    appended(under_test.log.append(command(Uuid::new_v4(), 0, 3)).await);
    let (events, later) = clean(&under_test, Some(&checkpoint)).await;
    assert_eq!((events, later.position), (3, Position(13)));
    assert_eq!(clean(&under_test, None).await.1, later);
}

#[tokio::test]
async fn an_empty_log_is_clean() {
    let under_test = LogUnderTest::start().await;
    let nothing = Verified::Clean {
        events: 0,
        checkpoint: None,
    };
    assert_eq!(verified(&under_test, None).await, nothing);
}

#[tokio::test]
async fn a_change_to_any_column_is_found_where_it_is() {
    let under_test = ten_events().await;
    let other: &[(&str, &str)] = &[
        ("authority", "'x'"),
        ("stream", "gen_random_uuid()"),
        ("stream_kind", "'history'"),
        ("version", "7"),
        ("event_type", "'x'"),
        ("schema_version", "2"),
        ("occurred_at", "occurred_at + interval '1 microsecond'"),
        ("recorded_at", "recorded_at - interval '1 microsecond'"),
        ("actor", "'x'"),
        ("on_behalf_of", "null"),
        ("command_id", "gen_random_uuid()"),
        ("command_ordinal", "1"),
        ("command_count", "1"),
        ("fingerprint", "'x'"),
        ("correlation", "gen_random_uuid()"),
        ("causation", "null"),
        ("definition", "null"),
        ("definition", "'x'"),
        ("audience", "'restricted'"),
        ("provenance", "'imported'"),
        ("body", "body || ' '"),
        ("key_ids", "array[gen_random_uuid()]"),
        ("key_ids", "key_ids || gen_random_uuid()"),
        ("sealed", "array['x'::bytea]"),
        ("sealed", "'{}'"),
        ("hash", "sha256('x')"),
    ];
    let keep = "create table kept as select * from event_log.events where position = 5";
    under_test.as_owner(keep).await.unwrap();
    for (column, value) in other {
        let change = format!("update event_log.events set {column} = {value} where position = 5");
        under_test.tamper(&change).await;
        let found = first_bad(&under_test, None).await;
        assert_eq!(found.0, 5, "{column} = {value}: {}", found.1);
        under_test
            .tamper(
                "delete from event_log.events where position = 5;
                 insert into event_log.events select * from kept",
            )
            .await;
    }
    assert_eq!(clean(&under_test, None).await.0, 10);
}

#[tokio::test]
async fn what_was_taken_out_swapped_or_put_in_is_found() {
    let swap = |columns: &str| {
        format!(
            "update event_log.events e set {columns} from event_log.events o
             where (e.position, o.position) in ((3, 8), (8, 3))"
        )
    };
    let cases = [
        ("delete from event_log.events where position = 4", 4),
        ("delete from event_log.events where position = 10", 10),
        ("delete from event_log.events where position >= 9", 9),
        ("delete from event_log.events", 1),
        ("delete from event_log.appends where last_position = 4", 3),
        ("delete from event_log.appends where last_position = 10", 9),
        ("delete from event_log.appends", 1),
        (&swap("body = o.body"), 3),
        (&swap("body = o.body, hash = o.hash"), 3),
        (
            "update event_log.appends set link = sha256('x') where last_position = 4",
            4,
        ),
        (
            "update event_log.appends set first_position = 1 where last_position = 4",
            4,
        ),
        (
            "insert into event_log.events select 11, authority, gen_random_uuid(), stream_kind,
                 version, event_type, schema_version, occurred_at, recorded_at, actor,
                 on_behalf_of, gen_random_uuid(), command_ordinal, command_count, fingerprint,
                 correlation, causation, definition, audience, provenance, body, key_ids, sealed,
                 hash from event_log.events where position = 1",
            11,
        ),
    ];
    for (statement, position) in cases {
        let under_test = ten_events().await;
        under_test.tamper(statement).await;
        let found = first_bad(&under_test, None).await;
        assert_eq!(found.0, position, "{statement}: {}", found.1);
    }
}

#[tokio::test]
async fn a_tail_that_was_cut_off_is_missed_by_the_checkpoint() {
    let under_test = ten_events().await;
    let (_, checkpoint) = clean(&under_test, None).await;
    under_test
        .tamper(
            "delete from event_log.events where position > 6;
             delete from event_log.appends where last_position > 6",
        )
        .await;
    assert_eq!(
        clean(&under_test, None).await.0,
        6,
        "the chain alone cannot know"
    );
    let found = first_bad(&under_test, Some(&checkpoint)).await;
    assert_eq!(found.0, 10, "{}", found.1);

    // A new tail in the place of the old one is another history.
    for _ in 0..3 {
        appended(under_test.log.append(command(Uuid::new_v4(), 0, 2)).await);
    }
    let found = first_bad(&under_test, Some(&checkpoint)).await;
    assert_eq!(found.0, 10, "{}", found.1);
}

#[tokio::test]
async fn a_checkpoint_of_another_epoch_is_not_compared() {
    let under_test = ten_events().await;
    let (_, checkpoint) = clean(&under_test, None).await;
    let other = Checkpoint {
        epoch: Uuid::new_v4(),
        ..checkpoint
    };
    let client = under_test.log.pool().get().await.unwrap();
    let refused = verify(&client, Some(&other), |_| {}).await;
    assert!(
        matches!(refused, Err(VerifyError::OtherEpoch { .. })),
        "{refused:?}"
    );
}

#[tokio::test]
async fn times_finer_than_the_database_keeps_verify() {
    let under_test = LogUnderTest::start().await;
    let nanoseconds: [i128; 7] = [
        0,
        999,
        -999,
        946_684_799_999_999_999,
        946_684_800_000_000_001,
        -5_000_000_000_000_000_001,
        1_763_900_000_123_456_789,
    ];
    for at in nanoseconds {
        let mut command = command(Uuid::new_v4(), 0, 1);
        command.events[0].occurred_at = Timestamp::from_nanosecond(at).unwrap();
        appended(under_test.log.append(command).await);
    }
    assert_eq!(clean(&under_test, None).await.0, 7);
}

#[tokio::test]
async fn verifying_beside_writers_finds_nothing() {
    let under_test = LogUnderTest::start().await;
    let log = under_test.log.clone();
    let writer = tokio::spawn(async move {
        for _ in 0..200 {
            appended(log.append(command(Uuid::new_v4(), 0, 2)).await);
        }
    });
    let mut checkpoint = None;
    while !writer.is_finished() {
        match verified(&under_test, checkpoint.as_ref()).await {
            Verified::Clean {
                checkpoint: reached,
                ..
            } => checkpoint = reached.or(checkpoint),
            bad @ (Verified::Bad { .. } | Verified::Lost { .. }) => panic!("{bad:?}"),
        }
    }
    writer.await.unwrap();
    assert_eq!(clean(&under_test, None).await.0, 400);
}
