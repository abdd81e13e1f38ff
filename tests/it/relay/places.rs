//! The place of a message is in the log, not in the relay's memory: whoever sends it says the same one.

use super::stage::{AUTHORITY, Received, Stage, drain};
use super::story::Story;
use rfa::domain::ids::{AgencyId, Authority, TeamId};
use rfa::log::Position;
use rfa::relay::message::Lane;
use rfa::relay::redrive::{Receiver, Redrive, Redriven};
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

const GARF: &str = "rfa.team.south-ayrshire.garf";
const GARF_KEY: &str = "south-ayrshire.garf.*";
const CARRICK: &str = "rfa.team.south-ayrshire.carrick-team";
const NHS: &str = "rfa.agency.south-ayrshire.nhs";
const RESTRICTED: &str = "rfa.restricted.south-ayrshire";

/// Places with the id of each, by request. One place has one id: its copies are the same.
type Places = BTreeMap<Uuid, BTreeMap<i64, Uuid>>;

fn places(received: &[Received]) -> Places {
    let mut places = Places::new();
    for message in received {
        let of_request = places.entry(message.request()).or_default();
        let known = of_request.entry(message.place()).or_insert(message.id);
        assert_eq!(*known, message.id, "{}", message.body);
    }
    places
}

fn are_without_gaps(places: &Places) -> bool {
    let whole =
        |of_request: &BTreeMap<i64, Uuid>| of_request.keys().copied().eq(1..=len(of_request));
    places.values().all(whole)
}

fn len(of_request: &BTreeMap<i64, Uuid>) -> i64 {
    i64::try_from(of_request.len()).unwrap()
}

async fn redrive(stage: &Stage, to: Receiver, from: i64) -> Redriven {
    let redrive = Redrive {
        authority: Authority::parse(AUTHORITY).unwrap(),
        to,
        from: Position(from),
    };
    let registry = stage.engine.commands.registry();
    redrive.run(registry, &stage.vhost.url).await.unwrap()
}

/// Away from a team and back, with notes between; 7 events.
async fn wander(stage: &Stage, story: &Story) {
    stage.append(story.opened()).await;
    stage.append(story.noted(1)).await;
    stage.append(story.moved_to("carrick-team", 2)).await;
    let there = Story {
        team: "carrick-team",
        ..story.clone()
    };
    stage.append(there.noted(3)).await;
    stage.append(there.moved_to("garf", 4)).await;
    stage.append(story.noted(5)).await;
    stage.append(story.noted(6)).await;
}

#[tokio::test]
async fn a_redrive_from_the_middle_gives_every_message_the_place_that_it_had() {
    let stage = Stage::set().await;
    let mut lane = stage.ordinary().await;
    let stories: Vec<Story> = (0..20).map(|_| Story::of("garf").asked_by("nhs")).collect();
    let before = stage.engine.log.head().await.unwrap();
    for story in &stories {
        wander(&stage, story).await;
    }
    drain(&mut lane).await;
    for (queue, to, count) in [
        (GARF, Receiver::Team(TeamId::parse("garf").unwrap()), 6),
        (
            CARRICK,
            Receiver::Team(TeamId::parse("carrick-team").unwrap()),
            3,
        ),
        (NHS, Receiver::Agency(AgencyId::parse("nhs").unwrap()), 7),
    ] {
        let first = stage.consume_all(queue).await;
        let given = places(&first);
        assert!(are_without_gaps(&given), "{given:?}");
        assert!(given.values().all(|of_request| len(of_request) == count));
        // In the midst of the tenth request's events, and with nothing in memory.
        redrive(&stage, to, before.0 + 10 * 7 - 2).await;
        let again = stage.consume_all(queue).await;
        assert!(again.len() * 2 >= first.len() && again.len() < first.len());
        for message in &again {
            assert_eq!(given[&message.request()][&message.place()], message.id);
        }
        let bodies = |received: &[Received]| -> BTreeSet<String> {
            received.iter().map(|one| one.body.to_string()).collect()
        };
        assert!(bodies(&again).is_subset(&bodies(&first)));
    }
}

#[tokio::test]
async fn a_new_owner_without_memory_counts_on_from_the_log() {
    let stage = Stage::set().await;
    let stories: Vec<Story> = (0..20).map(|_| Story::of("garf").asked_by("nhs")).collect();
    let mut lane = stage.ordinary().await;
    for version in 0..6 {
        stage.append_round(&stories, version).await;
        drain(&mut lane).await;
        if version % 2 == 1 {
            lane = stage.successor().await;
        }
    }
    for queue in [GARF, NHS] {
        let received = stage.consume(queue, 120).await;
        assert!(received.iter().all(|one| one.place() == one.version()));
    }
}

#[tokio::test]
async fn a_request_that_was_parked_goes_on_at_the_place_that_follows() {
    let stage = Stage::set().await;
    let mut lane = stage.ordinary().await;
    let story = Story::of("garf").asked_by("nhs");
    stage.append(story.opened()).await;
    stage.append(story.noted(1)).await;
    drain(&mut lane).await;
    stage.unbind(GARF, "rfa.events", GARF_KEY).await;
    stage.append(story.noted(2)).await;
    stage.append(story.noted(3)).await;
    drain(&mut lane).await;
    assert_eq!(lane.status().borrow().parked, 1);
    stage.append(story.noted(4)).await;
    stage.declare_something().await;
    drain(&mut lane).await;
    assert_eq!(lane.status().borrow().parked, 0);
    stage.append(story.noted(5)).await;
    drain(&mut lane).await;
    for queue in [GARF, NHS] {
        let given = places(&stage.consume_all(queue).await);
        assert!(are_without_gaps(&given), "{given:?}");
        assert_eq!(len(&given[&story.request]), 6, "{queue}");
    }
}

#[tokio::test]
async fn an_agency_without_a_queue_counts_so_that_its_places_stay() {
    let stage = Stage::set().await;
    let mut lane = stage.ordinary().await;
    let gone = Story::of("garf").asked_by("an-agency-that-left");
    stage.append_many(std::slice::from_ref(&gone), 3).await;
    drain(&mut lane).await;
    let received = stage.consume(GARF, 3).await;
    assert_eq!(len(&places(&received)[&gone.request]), 3);
    assert_eq!(lane.status().borrow().parked, 0);
}

#[tokio::test]
async fn restricted_events_are_counted_for_their_queue_alone_and_stubs_like_any_message() {
    let stage = Stage::set().await;
    let mut ordinary = stage.ordinary().await;
    let story = Story::of("garf").asked_by("nhs");
    stage.append(story.opened()).await;
    stage
        .append(story.concern_passed_on("carrick-team", 1))
        .await;
    drain(&mut ordinary).await;
    drain(&mut stage.lane(Lane::Restricted)).await;
    stage
        .append(story.concern_passed_on("carrick-team", 2))
        .await;
    drain(&mut ordinary).await;
    // Its second place is known without its first owner.
    drain(&mut stage.successor_of(Lane::Restricted).await).await;
    let of = async |queue: &str| -> Vec<i64> {
        let received = stage.consume_all(queue).await;
        received.iter().map(Received::place).collect()
    };
    // Both teams are named, and it is one receiver.
    assert_eq!(of(RESTRICTED).await, [1, 1, 2, 2]);
    assert_eq!(of(GARF).await, [1, 2, 3]);
    assert_eq!(of(CARRICK).await, [1, 2]);
    assert_eq!(of(NHS).await, [1, 2, 3]);
    redrive(&stage, Receiver::Restricted, 1).await;
    assert_eq!(of(RESTRICTED).await, [1, 1, 2, 2]);
}

#[tokio::test]
async fn a_request_whose_earlier_events_cannot_be_read_has_no_places_and_waits() {
    let stage = Stage::set().await;
    let mut lane = stage.ordinary().await;
    let (unread, other) = (Story::of("garf"), Story::of("garf"));
    for story in [&unread, &other] {
        stage.append(story.opened()).await;
        stage.append(story.noted(1)).await;
    }
    drain(&mut lane).await;
    stage.consume(GARF, 4).await;
    // Another build takes over, which is older than the events.
    stage.overwrite(unread.request, "schema_version = 2").await;
    let mut lane = stage.successor().await;
    for story in [&unread, &other] {
        let mut noted = story.noted(2);
        noted.events[0].schema_version = 1;
        stage.append(noted).await;
    }
    drain(&mut lane).await;
    let received = stage.consume(GARF, 1).await;
    assert_eq!(
        (received[0].request(), received[0].place()),
        (other.request, 3)
    );
    let parked = stage.parked().await;
    assert_eq!(parked.len(), 1);
    assert!(parked[0].1.contains("an earlier event"), "{parked:?}");

    stage.make_readable(unread.request).await;
    stage.declare_something().await;
    drain(&mut lane).await;
    let received = stage.consume(GARF, 1).await;
    assert_eq!(
        (received[0].request(), received[0].place()),
        (unread.request, 3)
    );
    assert!(stage.parked().await.is_empty());
}
