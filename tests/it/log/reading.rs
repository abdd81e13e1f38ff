//! Streams that many ask for at once.

use super::*;
use futures::future::join_all;
use rfa::log::EarlierEvents;

/// More than one statement takes.
const STREAMS: usize = 600;

/// Stream `n` has `n % 4` events; asked for from the version after `n % 3`.
#[tokio::test]
async fn each_of_many_readers_gets_its_own_stream_from_its_own_version() {
    let under_test = LogUnderTest::start().await;
    let log = &under_test.log;
    let streams: Vec<(Uuid, usize)> = (0..STREAMS).map(|n| (Uuid::new_v4(), n % 4)).collect();
    let commands = streams
        .iter()
        .filter(|(_, events)| *events > 0)
        .map(|(stream, events)| command(*stream, 0, *events));
    for verdict in log.append_all(commands.collect()).await {
        appended(verdict);
    }
    let readings = streams.iter().zip(0..).map(|((stream, _), n)| async move {
        let after = n % 3;
        (after, log.read_stream(AUTHORITY, *stream, after).await)
    });
    for ((stream, events), (after, read)) in streams.iter().zip(join_all(readings).await) {
        let versions: Vec<(Uuid, i32)> = read
            .unwrap()
            .iter()
            .map(|event| (event.stream, event.version))
            .collect();
        let expected: Vec<(Uuid, i32)> = (after + 1..=i32::try_from(*events).unwrap())
            .map(|version| (*stream, version))
            .collect();
        assert_eq!(versions, expected);
    }
}

#[tokio::test]
async fn one_of_many_readers_sees_nothing_of_another_authority() {
    let under_test = LogUnderTest::start().await;
    let log = &under_test.log;
    let stream = Uuid::new_v4();
    appended(log.append(command(stream, 0, 2)).await);
    let authorities = ["north-ayrshire", AUTHORITY, "east-ayrshire", AUTHORITY];
    let readings = authorities.map(|authority| log.read_stream(authority, stream, 0));
    let counts: Vec<usize> = join_all(readings)
        .await
        .into_iter()
        .map(|read| read.unwrap().len())
        .collect();
    assert_eq!(counts, [0, 2, 0, 2]);
}

/// A stream with a hole would be folded into a state that never was.
#[tokio::test]
async fn a_stream_with_a_gap_is_not_read() {
    let under_test = LogUnderTest::start().await;
    let (stream, whole) = (Uuid::new_v4(), Uuid::new_v4());
    for stream in [stream, whole] {
        appended(under_test.log.append(command(stream, 0, 3)).await);
    }
    let hole = format!("delete from event_log.events where stream = '{stream}' and version = 2");
    under_test.tamper(&hole).await;
    let both = [stream, whole].map(|stream| under_test.log.read_stream(AUTHORITY, stream, 0));
    let [torn, read] = <[_; 2]>::try_from(join_all(both).await).unwrap();
    assert!(matches!(torn, Err(AppendError::Unavailable)), "{torn:?}");
    assert_eq!(read.unwrap().len(), 3);
}

/// The plan is made while the log is young and serves when it is full.
#[tokio::test]
async fn many_streams_are_found_by_the_index_and_not_sorted() {
    let under_test = LogUnderTest::start().await;
    let owner = under_test.database.connect().await;
    let setting = "set plan_cache_mode = force_generic_plan; set enable_seqscan = off";
    owner.batch_execute(setting).await.unwrap();
    for name in ["read_each_stream", "read_earlier"] {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/log/sql");
        let statement = std::fs::read_to_string(format!("{folder}/{name}.sql")).unwrap();
        let prepare = format!("prepare {name}(text[], uuid[], int[]) as {statement}");
        owner.batch_execute(&prepare).await.unwrap();
        let explain =
            format!("explain execute {name}(array['a'], array[gen_random_uuid()], array[0])");
        let plan: Vec<String> = owner
            .query(&explain, &[])
            .await
            .unwrap()
            .iter()
            .map(|row| row.get(0))
            .collect();
        let plan = plan.join("\n");
        assert!(
            plan.contains("events_authority_stream_version_key"),
            "{plan}"
        );
        assert!(
            !plan.contains("Seq Scan") && !plan.contains("Sort"),
            "{plan}"
        );
    }
}

#[tokio::test]
async fn what_came_before_an_event_of_each_stream_is_read_in_order_and_without_sealed_parts() {
    let under_test = LogUnderTest::start().await;
    let log = &under_test.log;
    let streams = [Uuid::new_v4(), Uuid::new_v4()];
    for stream in streams {
        appended(log.append(command(stream, 0, 4)).await);
    }
    let mut asked = EarlierEvents::default();
    assert!(asked.is_empty());
    for (stream, after) in streams.into_iter().zip([2, 0]) {
        let events = log.read_stream(AUTHORITY, stream, after).await.unwrap();
        asked.push(&events[0]);
    }
    let found = log.read_earlier(&asked).await.unwrap();
    let found: Vec<(Uuid, i32)> = found
        .iter()
        .map(|event| {
            assert!(event.sealed.is_empty() && event.unreadable.is_none());
            (event.stream, event.version)
        })
        .collect();
    assert_eq!(found, [(streams[0], 1), (streams[0], 2)]);
}
