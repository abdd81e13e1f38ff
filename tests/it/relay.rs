//! The relay against a real broker: what is committed arrives, in order, and nothing else does.

mod client;
mod faults;
mod parked;
mod places;
pub(crate) mod stage;
pub(crate) mod story;
mod traps;

use crate::support::engine::now;
use crate::support::{WorkflowFiles, until};
use rfa::commands::{CommandError, publish, read_folder};
use rfa::domain::ids::{Authority, RequestId};
use rfa::projections::lags;
use rfa::relay::message::Lane;
use rfa::relay::{RelayOutcome, State};
use serde_json::json;
use stage::{Stage, drain, versions};
use std::collections::{BTreeMap, HashSet};
use story::{SEALED_BYTES, SEALED_KEY, Story};
use uuid::Uuid;

#[tokio::test]
async fn two_thousand_events_arrive_once_each_and_in_order() {
    let stage = Stage::set().await;
    let mut lane = stage.ordinary().await;
    let requests: Vec<Story> = (0..100)
        .map(|_| Story::of("garf").asked_by("education"))
        .collect();
    stage.append_many(&requests, 20).await;
    drain(&mut lane).await;

    let status = lane.status().borrow().clone();
    assert_eq!((status.state, status.behind), (State::Connected, 0));
    assert_eq!(status.position, stage.engine.log.head().await.unwrap());
    for queue in [
        "team.south-ayrshire.garf",
        "agency.south-ayrshire.education",
    ] {
        let queue = format!("rfa.{queue}");
        let received = stage.consume(&queue, 2_000).await;
        assert!(received.iter().all(|message| message.persistent));
        let ids: HashSet<_> = received.iter().map(|message| message.id).collect();
        assert_eq!(ids.len(), 2_000);
        let versions = versions(&received);
        assert_eq!(versions.len(), 100);
        let in_order: Vec<i64> = (1..=20).collect();
        assert!(versions.values().all(|found| *found == in_order));
        assert!(stage.is_empty(&queue).await);
    }
}

#[tokio::test]
async fn a_move_to_another_team_is_told_to_both_teams() {
    let stage = Stage::set().await;
    let mut lane = stage.ordinary().await;
    let story = Story::of("ayr-north-team");
    stage.append(story.opened()).await;
    stage.append(story.moved_to("garf", 1)).await;
    drain(&mut lane).await;

    let left = stage
        .consume("rfa.team.south-ayrshire.ayr-north-team", 2)
        .await;
    let reached = stage.consume("rfa.team.south-ayrshire.garf", 1).await;
    assert_eq!(left[1].id, reached[0].id);
    // Each counts its own.
    let mut body = left[1].body.clone();
    assert_eq!(body["place"].take(), json!(2));
    body["place"] = json!(1);
    assert_eq!(body, reached[0].body);
    assert_eq!(
        left[1].routing_key,
        "south-ayrshire.ayr-north-team.request-passed-on"
    );
    assert!(stage.is_empty("rfa.team.south-ayrshire.garf").await);
}

#[tokio::test]
async fn an_agency_gets_its_own_requests_only_and_long_after_the_opening() {
    let stage = Stage::set().await;
    let (own, foreign) = (
        Story::of("garf").asked_by("nhs"),
        Story::of("garf").asked_by("police"),
    );
    stage.append(own.opened()).await;
    stage.append(foreign.opened()).await;
    drain(&mut stage.ordinary().await).await;
    stage.consume("rfa.agency.south-ayrshire.nhs", 1).await;

    // Another owner remembers nothing; the lease of the first has to run out.
    let mut lane = stage.successor().await;
    stage.append(own.noted(1)).await;
    stage.append(foreign.noted(1)).await;
    drain(&mut lane).await;
    let received = stage.consume("rfa.agency.south-ayrshire.nhs", 1).await;
    assert_eq!(received[0].request(), own.request);
    assert_eq!(received[0].version(), 2);
    assert!(stage.is_empty("rfa.agency.south-ayrshire.nhs").await);
}

#[tokio::test]
async fn an_agency_that_another_replica_declares_misses_nothing() {
    let stage = Stage::set().await;
    let mut lane = stage.ordinary().await;
    let files = WorkflowFiles::copied("new-agency");
    files.change(
        "organisation/south-ayrshire.yaml",
        "agencies:\n",
        "agencies:\n  - { id: play, title: Play (invented), kind: third-sector, calendar: all-hours }\n",
    );
    let authority = Authority::parse(stage::AUTHORITY).unwrap();
    let declarations = read_folder(files.folder(), &authority).unwrap();
    let other = stage.other_replica().await;
    let published = publish(&other, &authority, declarations, "test", now());
    assert_eq!(published.await.unwrap(), 1);
    let story = Story::of("garf").asked_by("play");
    stage.append(story.opened()).await;
    drain(&mut lane).await;
    let received = stage.consume("rfa.agency.south-ayrshire.play", 1).await;
    assert_eq!(received[0].request(), story.request);
}

#[tokio::test]
async fn a_restricted_event_leaves_only_a_stub_on_the_ordinary_exchange() {
    let stage = Stage::set().await;
    let mut ordinary = stage.ordinary().await;
    let mut restricted = stage.lane(Lane::Restricted);
    let story = Story::of("garf").asked_by("education");
    stage.append(story.opened()).await;
    stage
        .append(story.concern_passed_on("initial-response", 1))
        .await;
    drain(&mut ordinary).await;
    drain(&mut restricted).await;

    let full = stage.consume("rfa.restricted.south-ayrshire", 2).await;
    assert_eq!(full[0].body["data"]["to"], "with-child-protection");
    for (queue, count) in [
        ("rfa.team.south-ayrshire.garf", 2),
        ("rfa.agency.south-ayrshire.education", 2),
        ("rfa.team.south-ayrshire.initial-response", 1),
    ] {
        let received = stage.consume(queue, count).await;
        let stub = received.last().unwrap();
        assert_eq!((stub.id, stub.version()), (full[0].id, 2));
        assert_eq!(stub.body["type"], "scot.rfa.moved-to-another-process.v1");
        let text = format!("{} {}", stub.routing_key, stub.body);
        assert!(!text.contains("child-protection") && !text.contains("concern"));
        assert!(stage.is_empty(queue).await);
    }
    assert!(stage.is_empty("rfa.restricted.south-ayrshire").await);
}

#[tokio::test]
async fn a_message_holds_nothing_that_is_sealed_and_no_code_of_the_act() {
    let stage = Stage::set().await;
    let mut lane = stage.ordinary().await;
    let story = Story::of("garf");
    stage.append(story.opened()).await;
    drain(&mut lane).await;
    let received = stage.consume("rfa.team.south-ayrshire.garf", 1).await;
    let text = received[0].body.to_string();
    let sealed = String::from_utf8_lossy(SEALED_BYTES).into_owned();
    for secret in [
        &sealed,
        &SEALED_KEY.to_string(),
        "canary-code",
        "head-teacher",
    ] {
        assert!(!text.contains(secret), "{secret} in {text}");
    }
}

#[tokio::test]
async fn a_queue_of_other_settings_is_named_and_the_others_go_on() {
    let stage = Stage::set().await;
    stage.declare_classic("rfa.team.south-ayrshire.garf").await;
    let mut lane = stage.lane(Lane::Ordinary);
    let (held_up, other) = (Story::of("garf"), Story::of("carrick-team"));
    stage.append(held_up.opened()).await;
    stage.append(other.opened()).await;
    drain(&mut lane).await;

    let status = lane.status().borrow().clone();
    let mismatches: Vec<_> = status.mismatches.iter().map(|m| m.name.as_str()).collect();
    assert_eq!(mismatches, ["rfa.team.south-ayrshire.garf"]);
    assert!(status.mismatches[0].why.contains("inequivalent arg"));
    assert_eq!((status.parked, status.behind), (1, 0));
    stage
        .consume("rfa.team.south-ayrshire.carrick-team", 1)
        .await;
}

#[tokio::test]
async fn an_exchange_that_would_swallow_messages_stops_the_relay() {
    let stage = Stage::set().await;
    stage.declare_swallowing_exchange("rfa.events").await;
    let mut lane = stage.lane(Lane::Ordinary);
    let error = lane.step().await.unwrap_err().to_string();
    assert!(error.contains("`rfa.events` is not as declared"), "{error}");
    assert_eq!(lane.status().borrow().trouble, Some(error));
}

#[tokio::test]
async fn one_owner_relays_and_another_takes_over_when_it_leaves() {
    let stage = Stage::set().await;
    let story = Story::of("garf");
    stage.append(story.opened()).await;
    let shutdown = tokio_util::sync::CancellationToken::new();
    let first = stage.lane(Lane::Ordinary);
    let mut status = first.status();
    let running = tokio::spawn(first.run(shutdown.clone()));
    let head = stage.engine.log.head().await.unwrap();
    stage::wait(&mut status, |status| status.position == head).await;

    let mut second = stage.lane(Lane::Ordinary);
    assert_eq!(second.step().await.unwrap(), RelayOutcome::Elsewhere);
    assert_eq!(second.status().borrow().state, State::Elsewhere);
    shutdown.cancel();
    running.await.unwrap();
    stage.append(story.noted(1)).await;
    drain(&mut second).await;
    let received = stage.consume("rfa.team.south-ayrshire.garf", 2).await;
    assert_eq!(versions(&received)[&story.request], [1, 2]);
}

#[tokio::test]
async fn a_cursor_of_another_epoch_stops_the_relay() {
    let stage = Stage::set().await;
    drop(stage.ordinary().await);
    let owner = stage.engine.database.connect().await;
    let changed = owner
        .execute(
            "update reader.cursors set epoch = gen_random_uuid(), lease_owner = null",
            &[],
        )
        .await
        .unwrap();
    assert_eq!(changed, 1);
    let error = stage
        .lane(Lane::Ordinary)
        .step()
        .await
        .unwrap_err()
        .to_string();
    assert!(error.contains("is of epoch"), "{error}");
}

#[tokio::test]
async fn an_event_of_a_newer_build_holds_up_its_request_alone() {
    let stage = Stage::set().await;
    let mut lane = stage.ordinary().await;
    let (newer, other) = (Story::of("garf"), Story::of("garf"));
    let mut unknown = newer.noted(1);
    unknown.events[0].schema_version = 2;
    stage.append(newer.opened()).await;
    stage.append(unknown).await;
    stage.append(newer.noted(2)).await;
    stage.append(other.opened()).await;
    drain(&mut lane).await;

    let received = stage.consume("rfa.team.south-ayrshire.garf", 2).await;
    assert_eq!(versions(&received)[&newer.request], [1]);
    assert_eq!(versions(&received)[&other.request], [1]);
    let parked = stage.parked().await;
    assert_eq!(parked.len(), 1);
    assert!(parked[0].1.contains("has schema version 2"), "{parked:?}");
    assert!(stage.is_empty("rfa.team.south-ayrshire.garf").await);
}

#[tokio::test]
async fn a_code_of_a_newer_build_holds_up_its_request_alone() {
    let stage = Stage::set().await;
    let mut lane = stage.ordinary().await;
    let (newer, other) = (Story::of("garf"), Story::of("garf"));
    let unread = Story::of("garf");
    for story in [&newer, &unread, &other] {
        stage.append(story.opened()).await;
    }
    stage.overwrite(newer.request, "audience = 'narrow'").await;
    stage
        .overwrite(unread.request, "stream_kind = 'form'")
        .await;
    drain(&mut lane).await;

    let received = stage.consume("rfa.team.south-ayrshire.garf", 1).await;
    assert_eq!(received[0].request(), other.request);
    let parked: BTreeMap<Uuid, String> = stage.parked().await.into_iter().collect();
    let why = |column| format!("`{column}` holds a code that this build does not know");
    assert_eq!(parked[&newer.request], why("audience"));
    assert_eq!(parked[&unread.request], why("stream_kind"));

    let commands = &stage.engine.commands;
    let loaded = commands.load(stage::AUTHORITY, RequestId(newer.request));
    match loaded.await {
        Err(CommandError::Broken { why }) => assert_eq!(why, parked[&newer.request]),
        Err(other) => panic!("{other}"),
        Ok(_) => panic!("it was read"),
    }
    stage.declare_something().await;
    stage.engine.runner.run_until_idle().await.unwrap();
    let head = stage.engine.log.head().await.unwrap();
    for lag in lags(stage.engine.log.pool(), head).await.unwrap() {
        assert_eq!(lag.behind, 0, "{}", lag.projection);
    }
}

#[tokio::test]
async fn what_a_team_needs_is_declared_as_data() {
    let stage = Stage::set().await;
    drop(stage.ordinary().await);
    let queues = until("the queues", stage::DEADLINE, || async {
        let queues = stage.vhost.list("queues").await;
        let all = queues
            .as_array()?
            .iter()
            .all(|q| q["type"] == json!("quorum"));
        (all && queues.as_array()?.len() > 30).then_some(queues)
    })
    .await;
    let find = |name: &str| {
        let queues = queues.as_array().unwrap();
        queues
            .iter()
            .find(|queue| queue["name"] == json!(name))
            .cloned()
            .unwrap()
    };
    for name in [
        "team.south-ayrshire.unrouted",
        "agency.south-ayrshire.nhs",
        "restricted.south-ayrshire",
    ] {
        let queue = find(&format!("rfa.{name}"));
        assert_eq!(queue["durable"], json!(true));
        assert_eq!(queue["arguments"]["x-delivery-limit"], json!(20));
        assert_eq!(
            queue["arguments"]["x-dead-letter-exchange"],
            json!("rfa.dead-letters")
        );
        // On their way to the dead letters messages are confirmed, not only sent.
        assert_eq!(
            queue["arguments"]["x-dead-letter-strategy"],
            json!("at-least-once")
        );
        assert_eq!(queue["arguments"]["x-overflow"], json!("reject-publish"));
        assert_eq!(queue["arguments"]["x-max-length"], json!(100_000));
    }
    let intake = find("rfa.intake");
    assert_eq!(intake["arguments"]["x-delivery-limit"], json!(20));
    let dead_letters = &intake["arguments"]["x-dead-letter-exchange"];
    assert_eq!(*dead_letters, json!("rfa.intake.dead-letters"));
    find("rfa.dead-letters");
}

#[tokio::test]
async fn what_a_receiver_rejects_too_often_is_among_the_dead_letters() {
    let stage = Stage::set().await;
    let mut lane = stage.ordinary().await;
    let story = Story::of("garf");
    stage.append(story.opened()).await;
    drain(&mut lane).await;
    stage.reject("rfa.team.south-ayrshire.garf", 21).await;
    let dead = until("the dead letter", stage::DEADLINE, || async {
        stage.consume_all("rfa.dead-letters").await.pop()
    })
    .await;
    assert_eq!((dead.request(), dead.version()), (story.request, 1));
    // It points back to its event.
    let position = dead.body["position"].as_str();
    assert!(position.is_some() && dead.position.as_deref() == position);
    assert!(stage.is_empty("rfa.team.south-ayrshire.garf").await);
}
