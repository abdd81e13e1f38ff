//! One verdict a command, whoever shares its batch.

use super::*;
use rfa::log::append::{COMMAND_BYTES_MAX, EVENT_BYTES_MAX, EVENTS_MAX};
use std::time::Duration;

#[tokio::test]
async fn a_command_again_has_its_first_receipt() {
    let LogUnderTest {
        log,
        database: _kept,
    } = LogUnderTest::start().await;
    let stream = Uuid::new_v4();
    let first = command(stream, 0, 3);
    let receipt = appended(log.append(first.clone()).await);
    assert_eq!((receipt.position, receipt.version), (Position(3), 3));
    appended(log.append(command(stream, 3, 1)).await);

    let again = log.append(first.clone()).await.unwrap();
    assert_eq!(again, Verdict::Duplicate(receipt));
    // A retry was decided anew, on another version and perhaps for a stream drawn anew.
    let decided_anew = Append {
        stream: Uuid::new_v4(),
        expected_version: 17,
        ..first.clone()
    };
    let again = log.append(decided_anew).await.unwrap();
    assert_eq!(again, Verdict::Duplicate(receipt));
    let found = log.find_command(AUTHORITY, first.command_id).await;
    let found = found.unwrap().unwrap();
    assert_eq!((found.stream, found.receipt), (stream, receipt));
    assert_eq!(log.head().await.unwrap(), Position(4));
}

#[tokio::test]
async fn a_command_id_with_other_content_is_told_apart() {
    let LogUnderTest {
        log,
        database: _kept,
    } = LogUnderTest::start().await;
    let first = command(Uuid::new_v4(), 0, 1);
    appended(log.append(first.clone()).await);
    let other = Append {
        fingerprint: [8; 16],
        ..first.clone()
    };
    assert_eq!(log.append(other).await.unwrap(), Verdict::Reused);
    // Ids are an authority's own.
    let elsewhere = Append {
        authority: "east-ayrshire".to_owned(),
        ..first
    };
    appended(log.append(elsewhere).await);
}

#[tokio::test]
async fn a_stale_version_and_one_ahead_are_conflicts() {
    let LogUnderTest {
        log,
        database: _kept,
    } = LogUnderTest::start().await;
    let stream = Uuid::new_v4();
    appended(log.append(command(stream, 0, 2)).await);
    for expected in [0, 1, 3, i32::MAX - 1, -1] {
        let verdict = log.append(command(stream, expected, 1)).await.unwrap();
        assert_eq!(verdict, Verdict::Conflict { actual: 2 }, "after {expected}");
    }
    assert_eq!(log.head().await.unwrap(), Position(2));
}

#[tokio::test]
async fn commands_for_one_stream_go_in_the_order_of_their_coming() {
    let LogUnderTest {
        log,
        database: _kept,
    } = LogUnderTest::start().await;
    let (stream, other) = (Uuid::new_v4(), Uuid::new_v4());
    let mut commands: Vec<Append> = (0..5).map(|after| command(stream, after, 1)).collect();
    commands.insert(2, command(other, 0, 1));
    for verdict in log.append_all(commands).await {
        appended(verdict);
    }
    assert_eq!(
        log.read_stream(AUTHORITY, stream, 0).await.unwrap().len(),
        5
    );
}

#[tokio::test]
async fn twins_in_one_batch_are_one_command() {
    let LogUnderTest {
        log,
        database: _kept,
    } = LogUnderTest::start().await;
    let first = command(Uuid::new_v4(), 0, 1);
    let twin = Append {
        stream: Uuid::new_v4(),
        ..first.clone()
    };
    let verdicts = log.append_all(vec![first, twin]).await;
    let [Ok(Verdict::Appended(one)), Ok(Verdict::Duplicate(two))] = &verdicts[..] else {
        panic!("{verdicts:?}");
    };
    assert_eq!(one, two);
}

#[tokio::test]
async fn a_command_that_the_database_refuses_fails_alone() {
    let LogUnderTest {
        log,
        database: _kept,
    } = LogUnderTest::start().await;
    let bad = [3, 4, 11];
    let commands = (0..16)
        .map(|i| Append {
            actor: if bad.contains(&i) { "a\0b" } else { "a" }.to_owned(),
            ..command(Uuid::new_v4(), 0, 2)
        })
        .collect();
    for (i, verdict) in log.append_all(commands).await.into_iter().enumerate() {
        if bad.contains(&i) {
            assert!(
                matches!(&verdict, Err(AppendError::Refused { sqlstate }) if sqlstate == "22021"),
                "{i}: {verdict:?}"
            );
        } else {
            appended(verdict);
        }
    }
    assert_eq!(log.head().await.unwrap(), Position(26));
}

#[tokio::test]
async fn what_was_appended_is_read_back_whole() {
    let LogUnderTest {
        log,
        database: _kept,
    } = LogUnderTest::start().await;
    let sent = command(Uuid::new_v4(), 0, 2);
    let receipt = appended(log.append(sent.clone()).await);
    let declared = Append {
        stream_kind: StreamKind::Workflow,
        ..command(Uuid::new_v4(), 0, 1)
    };
    appended(log.append(declared.clone()).await);

    let read = log.read_stream(AUTHORITY, sent.stream, 0).await.unwrap();
    assert_eq!(read, log.read_after(Position(0), 2).await.unwrap());
    for (i, (event, new)) in read.iter().zip(&sent.events).enumerate() {
        assert_eq!(event.position, Position(i as i64 + 1));
        assert_eq!(event.version as usize, i + 1);
        assert_eq!(event.command_ordinal as usize, i);
        assert_eq!(event.command_id, sent.command_id);
        assert_eq!(event.actor, sent.actor);
        assert_eq!(event.on_behalf_of, sent.on_behalf_of);
        assert_eq!(event.correlation, sent.correlation);
        assert_eq!(event.causation, sent.causation);
        assert_eq!(event.definition, sent.definition);
        assert_eq!(event.recorded_at, receipt.recorded_at);
        assert_eq!((&event.body, &event.sealed), (&new.body, &new.sealed));
        assert_eq!(
            event.occurred_at.as_microsecond(),
            new.occurred_at.as_microsecond()
        );
    }
    let declarations = log.read_declared(Position(0)).await.unwrap();
    let streams: Vec<Uuid> = declarations.iter().map(|event| event.stream).collect();
    assert_eq!(streams, [declared.stream]);
    let elsewhere = log.read_stream("east-ayrshire", sent.stream, 0).await;
    assert_eq!(elsewhere.unwrap(), []);
}

#[tokio::test]
async fn what_the_log_does_not_take_says_how_much_it_would() {
    let LogUnderTest {
        log,
        database: _kept,
    } = LogUnderTest::start().await;
    let mut long = command(Uuid::new_v4(), 0, 1);
    long.events[0].body = vec![b' '; EVENT_BYTES_MAX + 1];
    let mut heavy = command(Uuid::new_v4(), 0, 5);
    for event in &mut heavy.events {
        event.body = vec![b' '; EVENT_BYTES_MAX - 3];
    }
    let many = command(Uuid::new_v4(), 0, EVENTS_MAX + 1);
    let very_many = command(Uuid::new_v4(), 0, 10_000);
    for (command, most) in [
        (very_many, EVENTS_MAX),
        (long, EVENT_BYTES_MAX),
        (heavy, COMMAND_BYTES_MAX),
        (many, EVENTS_MAX),
    ] {
        let verdict = log.append(command).await;
        assert!(
            matches!(&verdict, Err(AppendError::TooLarge { limit, found, .. })
                if *limit == most && found > limit),
            "{verdict:?}"
        );
    }
    let most = command(Uuid::new_v4(), 0, EVENTS_MAX);
    assert_eq!(appended(log.append(most).await).version, EVENTS_MAX as i32);
}

#[tokio::test]
async fn ten_thousand_commands_at_once_are_taken_in_their_order_and_keep_nobody_out() {
    let LogUnderTest {
        log,
        database: _kept,
    } = LogUnderTest::start().await;
    let commands: Vec<Append> = (0..10_000).map(|_| command(Uuid::new_v4(), 0, 1)).collect();
    let streams: Vec<Uuid> = commands.iter().map(|command| command.stream).collect();
    let many = tokio::spawn({
        let log = log.clone();
        async move { log.append_all(commands).await }
    });
    let between = appended(log.append(command(Uuid::new_v4(), 0, 1)).await);
    assert!(between.position < Position(10_001), "{between:?}");
    let verdicts = many.await.unwrap();
    let places: Vec<Position> = verdicts.into_iter().map(|v| appended(v).position).collect();
    assert!(places.is_sorted());
    assert_eq!(log.head().await.unwrap(), Position(10_001));
    let events = log.read_after(Position(0), 20_000).await.unwrap();
    let others = events
        .iter()
        .filter(|event| event.position != between.position);
    assert!(others.map(|event| event.stream).eq(streams));
}

/// Somebody holds the lock of the log for as long as the transaction lives.
async fn hold(owner: &mut tokio_postgres::Client) -> tokio_postgres::Transaction<'_> {
    let transaction = owner.transaction().await.unwrap();
    transaction
        .batch_execute("select pg_advisory_xact_lock(7740263, 1)")
        .await
        .unwrap();
    transaction
}

#[tokio::test]
async fn a_full_queue_says_so_and_loses_nothing_that_it_took() {
    let database = Postgres::database().await;
    let log = replica(&database.url, 2).await;
    let mut owner = database.connect().await;
    let held = hold(&mut owner).await;
    let mut taken = Vec::new();
    // One batch is with the server, two commands are in the queue, the next finds it full.
    let refused = loop {
        let (log, command) = (log.clone(), command(Uuid::new_v4(), 0, 1));
        let mut one = tokio::spawn(async move { log.append(command).await });
        match tokio::time::timeout(Duration::from_millis(50), &mut one).await {
            Ok(verdict) => break verdict.unwrap(),
            Err(_) => taken.push(one),
        }
    };
    assert!(
        matches!(refused, Err(AppendError::QueueFull { limit: 2, .. })),
        "{refused:?}"
    );
    held.commit().await.unwrap();
    assert_eq!(taken.len(), 3);
    for one in taken {
        appended(one.await.unwrap());
    }
}

#[tokio::test]
async fn a_lock_that_is_held_too_long_is_no_append_and_heals() {
    let LogUnderTest { log, database } = LogUnderTest::start().await;
    let mut owner = database.connect().await;
    let held = hold(&mut owner).await;
    let command = command(Uuid::new_v4(), 0, 1);
    let verdict = log.append(command.clone()).await;
    assert!(
        matches!(verdict, Err(AppendError::Unavailable)),
        "{verdict:?}"
    );
    held.commit().await.unwrap();
    assert_eq!(appended(log.append(command).await).position, Position(1));
}

#[tokio::test]
async fn a_replay_gives_every_event_once_and_in_order_and_stops_when_it_is_told_to() {
    let LogUnderTest {
        log,
        database: _kept,
    } = LogUnderTest::start().await;
    let commands = (0..13).map(|_| command(Uuid::new_v4(), 0, 1_000)).collect();
    for verdict in log.append_all(commands).await {
        appended(verdict);
    }
    let mut seen = Vec::new();
    let reached = log.replay(Position(2), Position(12_345), |event| {
        seen.push(event.position.0);
        true
    });
    assert_eq!(reached.await.unwrap(), Position(12_345));
    assert_eq!(seen, (3..=12_345).collect::<Vec<_>>());
    let reached = log.replay(Position(0), Position(13_000), |event| {
        event.position.0 < 6_000
    });
    assert_eq!(reached.await.unwrap(), Position(6_000));
    let beyond = log.replay(Position(0), Position(13_001), |_| true).await;
    assert!(
        matches!(beyond, Err(AppendError::Unavailable)),
        "{beyond:?}"
    );
}
