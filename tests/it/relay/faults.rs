//! What the broker may do to the relay: bindings gone, connections cut, nobody there.

use super::stage::{DEADLINE, Stage, connect, consume_all, drain, versions, wait};
use super::story::Story;
use crate::support::{MAY_SEND, OF_THE_ENGINE, PrivateBroker};
use rfa::relay::message::Lane;
use rfa::relay::{RelayLane, State};
use std::time::Instant;
use tokio_util::sync::CancellationToken;

const GARF: &str = "rfa.team.south-ayrshire.garf";
const GARF_KEY: &str = "south-ayrshire.garf.*";
const CARRICK: &str = "rfa.team.south-ayrshire.carrick-team";
const CARRICK_KEY: &str = "south-ayrshire.carrick-team.*";

#[tokio::test]
async fn without_a_binding_only_its_requests_wait_and_with_it_they_arrive() {
    let stage = Stage::set().await;
    let mut lane = stage.ordinary().await;
    stage.unbind(CARRICK, "rfa.events", CARRICK_KEY).await;
    let waiting: Vec<Story> = (0..40).map(|_| Story::of("carrick-team")).collect();
    let others: Vec<Story> = (0..40).map(|_| Story::of("garf")).collect();
    stage.append_many(&waiting, 5).await;
    stage.append_many(&others, 5).await;
    drain(&mut lane).await;
    assert_eq!(lane.status().borrow().parked, 40);
    let received = stage.consume(GARF, 200).await;
    assert!(versions(&received).values().all(|v| *v == [1, 2, 3, 4, 5]));
    assert!(stage.is_empty(CARRICK).await);

    // The look at the topology, due every ten seconds, restores the binding by itself.
    let mut status = lane.status();
    let shutdown = CancellationToken::new();
    let running = tokio::spawn(lane.run(shutdown.clone()));
    wait(&mut status, |status| status.parked == 0).await;
    stage.append(waiting[0].noted(5)).await;
    let head = stage.engine.log.head().await.unwrap();
    wait(&mut status, |status| status.position == head).await;
    shutdown.cancel();
    running.await.unwrap();

    let received = stage.consume_all(CARRICK).await;
    assert_eq!(received.len(), 201, "a message came twice");
    let mut versions = versions(&received);
    let longer = versions.remove(&waiting[0].request);
    assert_eq!(longer, Some(vec![1, 2, 3, 4, 5, 6]));
    assert_eq!(versions.len(), 39);
    assert!(versions.values().all(|v| *v == [1, 2, 3, 4, 5]));
    assert!(stage.parked_requests().await.is_empty());
}

/// What comes back and what cannot be read, of one request: it goes on from the first of both.
async fn waits_from_the_first(events_between: i32) {
    let stage = Stage::set().await;
    let mut lane = stage.ordinary().await;
    stage.unbind(GARF, "rfa.events", GARF_KEY).await;
    let (held_up, other) = (Story::of("garf"), Story::of("carrick-team"));
    stage.append(held_up.opened()).await;
    stage.append(held_up.noted(1)).await;
    for version in 0..events_between {
        let between = std::slice::from_ref(&other);
        stage.append_round(between, version).await;
    }
    let mut unknown = held_up.noted(2);
    unknown.events[0].schema_version = 2;
    stage.append(unknown).await;
    drain(&mut lane).await;
    assert_eq!(lane.status().borrow().parked, 1);

    stage.bind(GARF, "rfa.events", GARF_KEY).await;
    stage.declare_something().await;
    drain(&mut lane).await;
    let received = stage.consume(GARF, 2).await;
    assert_eq!(versions(&received)[&held_up.request], [1, 2]);
    assert!(stage.parked().await[0].1.contains("schema version 2"));

    stage.make_readable(held_up.request).await;
    stage.declare_something().await;
    drain(&mut lane).await;
    let received = stage.consume(GARF, 1).await;
    assert_eq!(versions(&received)[&held_up.request], [3]);
    assert!(stage.parked().await.is_empty());
}

#[tokio::test]
async fn what_came_back_before_an_unreadable_event_of_its_page_is_sent_again() {
    waits_from_the_first(0).await;
}

#[tokio::test]
async fn what_came_back_in_a_page_before_an_unreadable_event_is_sent_again() {
    waits_from_the_first(300).await;
}

#[tokio::test]
async fn an_unreadable_event_does_not_shorten_what_waits_already() {
    let stage = Stage::set().await;
    let mut lane = stage.ordinary().await;
    stage.unbind(GARF, "rfa.events", GARF_KEY).await;
    let held_up = Story::of("garf");
    stage.append(held_up.opened()).await;
    drain(&mut lane).await;
    let mut unknown = held_up.noted(1);
    unknown.events[0].schema_version = 2;
    stage.append(unknown).await;
    drain(&mut lane).await;

    stage.bind(GARF, "rfa.events", GARF_KEY).await;
    stage.declare_something().await;
    drain(&mut lane).await;
    let received = stage.consume(GARF, 1).await;
    assert_eq!(versions(&received)[&held_up.request], [1]);
}

#[tokio::test]
async fn while_a_request_waits_its_other_receivers_are_not_flooded() {
    let stage = Stage::set().await;
    stage.declare_classic(CARRICK).await;
    let mut lane = stage.ordinary().await;
    let story = Story::of("carrick-team").asked_by("nhs");
    stage.append(story.opened()).await;
    drain(&mut lane).await;
    for _ in 0..3 {
        stage.declare_something().await;
        drain(&mut lane).await;
        assert_eq!(lane.status().borrow().parked, 1);
    }
    stage.consume("rfa.agency.south-ayrshire.nhs", 1).await;
    assert!(stage.is_empty("rfa.agency.south-ayrshire.nhs").await);

    stage.bind(CARRICK, "rfa.events", CARRICK_KEY).await;
    stage.declare_something().await;
    drain(&mut lane).await;
    assert_eq!(lane.status().borrow().parked, 0);
    assert_eq!(stage.consume(CARRICK, 1).await[0].request(), story.request);
}

#[tokio::test]
async fn connections_that_are_cut_lose_nothing_and_copies_keep_their_id() {
    let stage = Stage::set().await;
    let lane = stage.lane(Lane::Ordinary);
    let mut status = lane.status();
    let shutdown = CancellationToken::new();
    let running = tokio::spawn(lane.run(shutdown.clone()));
    wait(&mut status, |status| status.state == State::Connected).await;

    let requests: Vec<Story> = (0..4).map(|_| Story::of("garf")).collect();
    let started = Instant::now();
    let (mut rounds, mut cuts) = (0, 0);
    while cuts < 3 {
        assert!(started.elapsed() < DEADLINE, "{cuts} cuts of 3");
        stage.append_round(&requests, rounds).await;
        rounds += 1;
        let cut = stage.vhost.close_connections("rfa relay").await;
        cuts += usize::from(cut > 0);
    }
    stage.append_round(&requests, rounds).await;
    let head = stage.engine.log.head().await.unwrap();
    wait(&mut status, |s| {
        s.state == State::Connected && s.position == head
    })
    .await;
    shutdown.cancel();
    running.await.unwrap();

    let received = stage.consume_all(GARF).await;
    let in_order: Vec<i64> = (1..=i64::from(rounds) + 1).collect();
    let versions = versions(&received);
    assert_eq!(versions.len(), 4);
    assert!(versions.values().all(|found| *found == in_order));
    for copies in received.chunk_by(|a, b| a.id == b.id) {
        assert!(copies.iter().all(|copy| copy.body == copies[0].body));
    }
}

#[tokio::test]
async fn a_broker_that_is_killed_finds_everything_again_when_it_is_back() {
    let stage = Stage::set().await;
    let broker = PrivateBroker::start().await;
    let registry = stage.engine.commands.registry().clone();
    let lane = RelayLane::new(Lane::Ordinary, registry, broker.url());
    let mut status = lane.status();
    let shutdown = CancellationToken::new();
    let running = tokio::spawn(lane.run(shutdown.clone()));
    wait(&mut status, |status| status.state == State::Connected).await;

    let requests: Vec<Story> = (0..50).map(|_| Story::of("garf")).collect();
    stage.append_many(&requests, 10).await;
    broker.kill().await;
    for version in 10..20 {
        stage.append_round(&requests, version).await;
    }
    wait(&mut status, |s| s.state == State::Waiting && s.behind > 0).await;
    broker.start_again().await;
    let head = stage.engine.log.head().await.unwrap();
    wait(&mut status, |status| status.position == head).await;
    shutdown.cancel();
    running.await.unwrap();

    let (_connection, channel) = connect(&broker.url()).await;
    let versions = versions(&consume_all(&channel, GARF).await);
    let in_order: Vec<i64> = (1..=20).collect();
    assert_eq!(versions.len(), 50);
    assert!(versions.values().all(|found| *found == in_order));
}

#[tokio::test]
async fn without_a_broker_the_backlog_is_visible() {
    let stage = Stage::set().await;
    stage.append(Story::of("garf").opened()).await;
    let registry = stage.engine.commands.registry().clone();
    let nowhere = "amqp://guest:canary-password@127.0.0.1:1/%2f".to_owned();
    let mut lane = RelayLane::new(Lane::Ordinary, registry, nowhere);
    let error = lane.step().await.unwrap_err();
    let status = lane.status().borrow().clone();
    assert_eq!(status.state, State::Waiting);
    assert_eq!(status.behind, stage.engine.log.head().await.unwrap().0);
    assert!(!format!("{error} {error:?} {status:?}").contains("canary"));
}

#[tokio::test]
async fn a_full_queue_holds_up_its_requests_alone_and_is_named() {
    let stage = Stage::set().await;
    stage.declare_for_one(CARRICK).await;
    let mut lane = stage.ordinary().await;
    stage.bind(CARRICK, "rfa.events", CARRICK_KEY).await;
    let (held_up, other) = (Story::of("carrick-team"), Story::of("garf"));
    let both = [held_up.clone(), other.clone()];
    // A queue says that it is full when it is, and takes some more on the way.
    let mut last = 0;
    while lane.status().borrow().parked == 0 {
        assert!(last < 50, "the queue takes everything");
        stage.append_round(&both, last).await;
        last += 1;
        drain(&mut lane).await;
    }
    let status = lane.status().borrow().clone();
    assert_eq!((status.parked, status.behind), (1, 0));
    assert_eq!(status.mismatches[0].name, CARRICK);
    let received = stage.consume_all(GARF).await;
    let in_order: Vec<i64> = (1..=i64::from(last)).collect();
    assert_eq!(versions(&received)[&other.request], in_order);

    // Whoever reads at last gets everything, a message at a time and some of it twice.
    let mut received = Vec::new();
    let started = Instant::now();
    while lane.status().borrow().parked > 0 {
        assert!(started.elapsed() < DEADLINE, "{received:?}");
        received.extend(stage.consume_all(CARRICK).await);
        stage.declare_something().await;
        drain(&mut lane).await;
    }
    received.extend(stage.consume_all(CARRICK).await);
    let mut versions = versions(&received).remove(&held_up.request).unwrap();
    versions.sort_unstable();
    assert_eq!(versions, in_order);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broker_without_memory_is_said_to_be_blocked_and_nothing_is_lost() {
    let stage = Stage::set().await;
    let broker = PrivateBroker::start().await;
    let registry = stage.engine.commands.registry().clone();
    let lane = RelayLane::new(Lane::Ordinary, registry, broker.url());
    let mut status = lane.status();
    let shutdown = CancellationToken::new();
    let running = tokio::spawn(lane.run(shutdown.clone()));
    wait(&mut status, |status| status.state == State::Connected).await;

    let memory = |limit: &'static [&'static str]| {
        let command = [&["set_vm_memory_high_watermark"], limit].concat();
        let broker = &broker;
        async move { broker.control(&command).await }
    };
    memory(&["absolute", "1MB"]).await;
    let story = Story::of("garf");
    stage.append_many(std::slice::from_ref(&story), 3).await;
    wait(&mut status, |status| status.state == State::Blocked).await;
    let why = status.borrow().trouble.clone().unwrap();
    assert!(why.contains("short of memory"), "{why}");
    memory(&["0.8"]).await;
    let head = stage.engine.log.head().await.unwrap();
    wait(&mut status, |status| status.position == head).await;
    shutdown.cancel();
    running.await.unwrap();
    let (_connection, channel) = connect(&broker.url()).await;
    let received = consume_all(&channel, GARF).await;
    assert_eq!(versions(&received)[&story.request], [1, 2, 3]);
}

#[tokio::test]
async fn an_exchange_that_somebody_deleted_is_there_again_and_nothing_is_lost() {
    let stage = Stage::set().await;
    let mut lane = stage.ordinary().await;
    let story = Story::of("garf");
    stage.append(story.opened()).await;
    stage.delete_exchange("rfa.events").await;
    let error = lane.step().await.unwrap_err().to_string();
    assert!(error.contains("publishing"), "{error}");
    drain(&mut lane).await;
    let received = stage.consume(GARF, 1).await;
    assert_eq!(received[0].request(), story.request);
}

#[tokio::test]
async fn rights_that_are_taken_away_are_named_without_the_password_and_heal() {
    let stage = Stage::set().await;
    let (user, url) = stage.vhost.user(OF_THE_ENGINE).await;
    let registry = stage.engine.commands.registry().clone();
    let mut lane = RelayLane::new(Lane::Ordinary, registry, url.clone());
    drain(&mut lane).await;
    stage.vhost.permit(&user, MAY_SEND).await;
    let story = Story::of("garf");
    stage.append(story.opened()).await;
    stage.declare_something().await;
    let started = Instant::now();
    let error = loop {
        assert!(started.elapsed() < DEADLINE, "nothing is refused");
        if let Err(error) = lane.step().await {
            break error;
        }
    };
    let status = lane.status().borrow().clone();
    let said = format!("{error} {error:?} {status:?}");
    assert!(said.contains("ACCESS_REFUSED"), "{said}");
    let (_, secret) = url.split_once("://").unwrap();
    let secret = secret.split_once('@').unwrap().0.split_once(':').unwrap().1;
    assert!(!said.contains(secret), "{said}");
    stage.vhost.permit(&user, OF_THE_ENGINE).await;
    while lane.step().await.is_err() {
        assert!(started.elapsed() < DEADLINE, "the rights are not seen");
    }
    drain(&mut lane).await;
    assert_eq!(stage.consume(GARF, 1).await[0].request(), story.request);
}
