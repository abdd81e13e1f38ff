//! What must exist on the broker: declared, compared by name, and filled again from the log.

mod dead_letters;
mod policies;
mod redrive;

use crate::relay::stage::{AUTHORITY, DEADLINE, Stage, drain, versions};
use crate::relay::story::Story;
use crate::support::client::Served;
use crate::support::{PrivateBroker, until};
use rfa::domain::ids::{AgencyId, Authority, TeamId};
use rfa::log::Position;
use rfa::relay::management::{bindings, differences};
use rfa::relay::message::Lane;
use rfa::relay::provision::{Provisioned, apply, check};
use rfa::relay::redrive::{Receiver, Redrive, Redriven};
use rfa::relay::topology::{Topology, dead_letters, unread};
use std::collections::{BTreeSet, HashSet};
use uuid::Uuid;

const CARRICK: &str = "rfa.team.south-ayrshire.carrick-team";
const GARF: &str = "rfa.team.south-ayrshire.garf";

fn wanted(stage: &Stage) -> Topology {
    Topology::of(&stage.engine.commands.registry().in_force())
}

fn names(found: &Provisioned) -> BTreeSet<&str> {
    let names = found.mismatches.iter().map(|one| one.name.as_str());
    names.collect()
}

#[tokio::test]
async fn what_is_applied_is_found_and_what_is_not_there_is_named_without_being_made() {
    let stage = Stage::set().await;
    let (wanted, url) = (wanted(&stage), stage.vhost.url.as_str());
    let before = check(url, &wanted).await.unwrap();
    assert_eq!(before.queue_count, 0);
    let all = names(&before);
    assert_eq!(before.mismatches.len(), wanted.queues.len() + 6);
    assert!(all.contains(CARRICK) && all.contains("rfa.events") && all.contains("rfa.intake"));
    assert!(before.mismatches[0].why.contains("NOT_FOUND"), "{before:?}");

    let applied = apply(url, &wanted).await.unwrap();
    assert_eq!(applied.queue_count, wanted.queues.len());
    assert_eq!(applied.mismatches, []);
    assert_eq!(check(url, &wanted).await.unwrap(), applied);
}

/// Kills every channel that there is, with `rabbitmqctl eval`; false while there is none.
const END_CHANNELS: &str = "[] =/= [exit(C, kill) || C <- rabbit_channel:list()].";
const STALL: &str = "sys:suspend(ra_log_wal).";
const GO_ON: &str = "sys:resume(ra_log_wal).";

#[tokio::test(flavor = "multi_thread")]
async fn a_broker_that_stalls_and_breaks_off_is_asked_again_until_all_is_there() {
    let stage = Stage::set().await;
    let (broker, wanted) = (PrivateBroker::start().await, wanted(&stage));
    // Its disk takes nothing: the first queue is on its way when the connection ends.
    broker.control(&["eval", STALL]).await;
    let url = broker.url();
    let asked = tokio::spawn(async move { apply(&url, &wanted).await.map(|all| (all, wanted)) });
    until("a declaration was ended", DEADLINE, || async {
        let ended = broker.control(&["eval", END_CHANNELS]).await;
        ended.contains("true").then_some(())
    })
    .await;
    broker.control(&["eval", GO_ON]).await;
    let (applied, wanted) = asked.await.unwrap().unwrap();
    assert_eq!(applied.queue_count, wanted.queues.len());
    assert_eq!(check(&broker.url(), &wanted).await.unwrap(), applied);
}

#[tokio::test]
async fn other_settings_are_named_and_left_as_they_are() {
    let stage = Stage::set().await;
    let (wanted, url) = (wanted(&stage), stage.vhost.url.as_str());
    stage.declare_classic(CARRICK).await;
    stage.declare_swallowing_exchange("rfa.agencies").await;
    let error = apply(url, &wanted).await.unwrap_err().to_string();
    assert!(
        error.contains("`rfa.agencies` is not as declared"),
        "{error}"
    );
    let found = check(url, &wanted).await.unwrap();
    for name in [CARRICK, "rfa.agencies"] {
        let why = found.mismatches.iter().find(|one| one.name == name);
        assert!(why.unwrap().why.contains("inequivalent arg"), "{found:?}");
    }
}

#[tokio::test]
async fn a_binding_that_is_gone_and_one_that_listens_in_are_named() {
    let stage = Stage::set().await;
    let (wanted, url) = (wanted(&stage), stage.vhost.url.as_str());
    apply(url, &wanted).await.unwrap();
    let management = stage.vhost.management_url();
    let found = bindings(management, url).await.unwrap();
    assert_eq!(differences(&wanted, &found), []);

    let garf = "south-ayrshire.garf.*";
    stage.unbind(GARF, "rfa.events", garf).await;
    stage.bind(CARRICK, "rfa.restricted", "#").await;
    let found = bindings(management, url).await.unwrap();
    let found = differences(&wanted, &found);
    let names: Vec<&str> = found.iter().map(|one| one.name.as_str()).collect();
    assert_eq!(names, [GARF, CARRICK]);
    assert!(found[0].why.contains(garf), "{found:?}");
    assert!(found[1].why.contains("`rfa.restricted`"), "{found:?}");

    let wrong = management.replacen("://", "://canary", 1);
    let refused = bindings(&wrong, url).await.unwrap_err().to_string();
    assert!(
        refused.contains("401") && !refused.contains("canary"),
        "{refused}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_program_says_by_its_exit_code_whether_all_is_well() {
    let served = Served::start().await;
    let applied = served.run(&["topology", "apply"]).await;
    assert!(applied.0, "{}", applied.1);
    let checked = served.run(&["topology", "check"]).await;
    assert!(
        checked.0 && checked.1.contains("otherwise: 0"),
        "{}",
        checked.1
    );
    let empty = crate::support::Broker::vhost().await;
    let nothing = served.run_with(&["topology", "check"], &empty.url).await;
    assert!(
        !nothing.0 && nothing.1.contains("rfa.intake"),
        "{}",
        nothing.1
    );
}

#[tokio::test]
async fn a_queue_that_was_lost_is_filled_again_with_the_same_messages_and_no_other() {
    let stage = Stage::set().await;
    let mut lane = stage.ordinary().await;
    let moved = Story::of("carrick-team").asked_by("nhs");
    let others: Vec<Story> = (0..300)
        .map(|_| Story::of("garf").asked_by("nhs"))
        .collect();
    stage.append(moved.opened()).await;
    stage.append_many(&others, 2).await;
    stage.append(moved.noted(1)).await;
    stage.append(moved.moved_to("garf", 2)).await;
    drain(&mut lane).await;
    let first: HashSet<Uuid> = ids(&stage, GARF).await;
    assert_eq!(first.len(), 601);
    let carrick: HashSet<Uuid> = ids(&stage, CARRICK).await;
    let nhs: HashSet<Uuid> = ids(&stage, "rfa.agency.south-ayrshire.nhs").await;

    stage.delete_queue(GARF).await;
    stage.delete_queue(CARRICK).await;
    let again = async |to, from| {
        let redrive = Redrive {
            authority: Authority::parse(AUTHORITY).unwrap(),
            to,
            from: Position(from),
        };
        let registry = stage.engine.commands.registry();
        redrive.run(registry, &stage.vhost.url).await.unwrap()
    };
    let team = |team| Receiver::Team(TeamId::parse(team).unwrap());
    let told = |messages| Redriven {
        messages,
        ..Redriven::default()
    };
    assert_eq!(again(team("garf"), 1).await, told(601));
    assert!(stage.is_empty(CARRICK).await);
    assert_eq!(ids(&stage, GARF).await, first);
    assert_eq!(again(team("carrick-team"), 1).await, told(3));
    let received = stage.consume_all(CARRICK).await;
    assert_eq!(versions(&received)[&moved.request], [1, 2, 3]);
    let received: HashSet<Uuid> = received.iter().map(|message| message.id).collect();
    assert_eq!(received, carrick);

    let head = stage.engine.log.head().await.unwrap();
    let agency = Receiver::Agency(AgencyId::parse("nhs").unwrap());
    assert_eq!(again(agency, head.0).await, told(1));
    let last = ids(&stage, "rfa.agency.south-ayrshire.nhs").await;
    assert!(last.is_subset(&nhs) && last.len() == 1);
}

#[tokio::test]
async fn nothing_of_a_request_is_sent_again_after_an_event_that_cannot_be_read() {
    let stage = Stage::set().await;
    let (unread, others) = (Story::of("garf"), Story::of("garf"));
    stage.append(unread.opened()).await;
    let mut unknown = unread.noted(1);
    unknown.events[0].schema_version = 2;
    stage.append(unknown).await;
    // Its next event is on a later page of the log.
    for version in 0..300 {
        let others = std::slice::from_ref(&others);
        stage.append_round(others, version).await;
    }
    stage.append(unread.noted(2)).await;
    drain(&mut stage.ordinary().await).await;
    stage.consume_all(GARF).await;
    let redrive = Redrive {
        authority: Authority::parse(AUTHORITY).unwrap(),
        to: Receiver::Team(TeamId::parse("garf").unwrap()),
        from: Position(1),
    };
    let registry = stage.engine.commands.registry();
    let redriven = redrive.run(registry, &stage.vhost.url).await.unwrap();
    assert_eq!((redriven.messages, redriven.unreadable), (301, 1));
    let received = stage.consume_all(GARF).await;
    assert_eq!(versions(&received)[&unread.request], [1]);
}

#[tokio::test]
async fn child_protection_concerns_are_sent_again_to_their_own_queue_alone() {
    let stage = Stage::set().await;
    let story = Story::of("garf");
    stage.append(story.opened()).await;
    stage
        .append(story.concern_passed_on("initial-response", 1))
        .await;
    drain(&mut stage.ordinary().await).await;
    drain(&mut stage.lane(Lane::Restricted)).await;
    let restricted = "rfa.restricted.south-ayrshire";
    let first = ids(&stage, restricted).await;
    ids(&stage, GARF).await;
    let redrive = Redrive {
        authority: Authority::parse(AUTHORITY).unwrap(),
        to: Receiver::Restricted,
        from: Position(1),
    };
    let registry = stage.engine.commands.registry();
    redrive.run(registry, &stage.vhost.url).await.unwrap();
    assert_eq!(ids(&stage, restricted).await, first);
    assert!(stage.is_empty(GARF).await);
}

async fn ids(stage: &Stage, queue: &str) -> HashSet<Uuid> {
    let received = stage.consume_all(queue).await;
    received.iter().map(|message| message.id).collect()
}

#[test]
fn a_queue_on_its_way_to_being_full_is_alarmed_and_dead_letters_are_counted_apart() {
    let depths = [
        ("rfa.team.a.b", 9),
        ("rfa.team.a.c", 10),
        ("rfa.dead-letters", 99),
    ];
    let depths = depths.map(|(name, messages)| (name.to_owned(), messages));
    assert_eq!(dead_letters(&depths), 99);
    assert_eq!(dead_letters(&depths[..2]), 0);
    let found = unread(depths.into(), 10);
    assert_eq!(found, [("rfa.team.a.c".to_owned(), 10)]);
}
