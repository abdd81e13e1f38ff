//! Reminders and missed targets: raised once, in order and never early, whatever happens to whoever
//! raises them.

mod claims;
pub(crate) mod killed;
mod plan;
pub(crate) mod stage;

use jiff::Timestamp;
use rfa::commands::{Ask, AskedMove, ImportMark};
use rfa::domain::request::event::RungRaised;
use rfa::projections::rebuild::IfDifferent;
use rfa::timers::{Outcome, Pace};
use serde_json::{Value, json};
use stage::{PROJECTION, Stage, after, at};
use uuid::Uuid;

/// Monday 1 June 2026 at ten.
const MONDAY: &str = "2026-06-01T10:00+01";

fn instants(raised: &[RungRaised], clock: &str) -> Vec<(String, Timestamp)> {
    let of_clock = raised.iter().filter(|r| r.rung.clock.as_str() == clock);
    of_clock
        .map(|r| (r.rung.step.rung.to_string(), r.due_at))
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_look_raises_what_is_due_and_nothing_before_its_instant() {
    let stage = Stage::set().await;
    let request = stage.wish(at(MONDAY)).await;
    let mut sweeper = stage.replica().await.sweeper(Pace::default());
    stage.read().await;
    let early = sweeper.step(at("2026-06-01T10:19:59+01")).await.unwrap();
    assert_eq!(early, Outcome::Idle);
    let first = sweeper.step(at("2026-06-01T10:20+01")).await.unwrap();
    assert_eq!(first, Outcome::Raised(1));
    // The read table has not followed: the same row is looked at again, and nothing comes of it.
    let again = sweeper.step(at("2026-06-01T10:21+01")).await.unwrap();
    assert_eq!(again, Outcome::Idle);
    assert_eq!(stage.steps(request, "look").await, ["look/1/-10min/1"]);
    let (recorded, raised) = &stage.raised(request).await[0];
    assert_eq!(
        (recorded.actor.as_str(), &*recorded.event_type),
        ("engine", "rung-raised")
    );
    assert_eq!(raised.due_at, at("2026-06-01T10:20+01"));
    let told: Vec<&str> = raised.tell.iter().map(|role| role.as_str()).collect();
    assert_eq!(told, ["keeper"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_downtime_every_rung_comes_in_order_with_its_own_instant() {
    let stage = Stage::set().await;
    let request = stage.wish(at(MONDAY)).await;
    let mut sweeper = stage.replica().await.sweeper(Pace::default());
    // Nobody swept until the night of Saturday 13 June.
    stage.sweep(&mut sweeper, at("2026-06-13T22:00+01")).await;
    let raised: Vec<RungRaised> = stage
        .raised(request)
        .await
        .into_iter()
        .map(|r| r.1)
        .collect();
    let days = instants(&raised, "lend");
    let wanted = [
        ("-3wd", "2026-06-03T09:00+01"),
        ("-1wd", "2026-06-05T09:00+01"),
        ("0", "2026-06-09T09:00+01"),
        ("+2wd", "2026-06-11T09:00+01"),
    ];
    let wanted: Vec<(String, Timestamp)> = wanted
        .iter()
        .map(|(rung, when)| ((*rung).to_owned(), at(when)))
        .collect();
    assert_eq!(days, wanted);
    let missed: Vec<&RungRaised> = raised.iter().filter(|raised| raised.missed).collect();
    assert_eq!(missed.len(), 3, "one of each clock");
    // World Cup Monday is a holiday: nobody is told of working days before Tuesday.
    let office = raised.iter().filter(|r| r.rung.clock.as_str() == "lend");
    let opening = Some(at("2026-06-16T09:00+01"));
    assert!(
        office
            .into_iter()
            .all(|raised| raised.not_before == opening)
    );
    let by_the_wall = raised.iter().filter(|r| r.rung.clock.as_str() == "look");
    let now = Some(at("2026-06-13T22:00+01"));
    assert!(
        by_the_wall
            .into_iter()
            .all(|raised| raised.not_before == now)
    );
}

fn moved(name: &str, data: Value) -> Vec<AskedMove> {
    vec![AskedMove {
        move_name: name.parse().unwrap(),
        data,
    }]
}

#[tokio::test(flavor = "multi_thread")]
async fn actions_of_the_plan_ring_each_by_itself_until_they_are_settled() {
    let stage = Stage::set().await;
    let request = stage.wish(at(MONDAY)).await;
    let act = async |name: &str, data: Value, when: &str| {
        let moves = moved(name, data);
        let seen = stage.engine.commands.load(stage::AUTHORITY, request).await;
        let seen = Some(seen.unwrap().state.version());
        let ask = Ask::Moves { request, moves };
        stage.ask("k.bain", ask, seen, at(when)).await.unwrap();
    };
    let by = |day: &str| json!({ "what": "oil", "agency": "housing", "by": day });
    // Two for the same Wednesday, and one that is kept in time.
    for day in ["2026-06-10", "2026-06-10", "2026-06-12"] {
        act("promise", by(day), MONDAY).await;
    }
    // A row a look: rows of one request at one instant do not hide each other.
    let pace = Pace {
        rows_max: 1,
        ..Pace::default()
    };
    let mut sweeper = stage.replica().await.sweeper(pace);
    stage.sweep(&mut sweeper, at("2026-06-05T08:44+01")).await;
    assert!(stage.steps(request, "action").await.is_empty());
    stage.sweep(&mut sweeper, at("2026-06-05T08:45+01")).await;
    let both = ["action/1/-3wd/1", "action/2/-3wd/1"];
    assert_eq!(stage.steps(request, "action").await, both);
    act(
        "keep-promise",
        json!({ "action": 3 }),
        "2026-06-08T10:00+01",
    )
    .await;
    act(
        "keep-promise",
        json!({ "action": 1 }),
        "2026-06-10T10:00+01",
    )
    .await;
    stage.sweep(&mut sweeper, at("2026-06-11T08:45+01")).await;
    let steps = stage.steps(request, "action").await;
    let later = ["action/2/-1wd/1", "action/2/0/1"];
    assert_eq!(steps[2..], later);
    let raised = stage.raised(request).await;
    let over = raised.iter().find(|(_, r)| r.rung.to_string() == later[1]);
    let (_, over) = over.unwrap();
    assert!(over.missed);
    assert_eq!(over.due_at, at("2026-06-11T08:45+01"));
    stage.rebuilt_equals_live().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_paused_clock_waits_and_a_stopped_one_is_silent() {
    let stage = Stage::set().await;
    let request = stage.wish(at(MONDAY)).await;
    let mut sweeper = stage.replica().await.sweeper(Pace::default());
    stage.sweep(&mut sweeper, at("2026-06-01T12:00+01")).await;
    // What was seen at version 1 is all that people did: the reminders since then do not count.
    stage
        .keep(request, "query", 1, at("2026-06-02T12:00+01"))
        .await
        .unwrap();
    stage.sweep(&mut sweeper, at("2026-06-08T12:00+01")).await;
    assert!(stage.steps(request, "lend").await.is_empty());
    let seen = stage
        .engine
        .commands
        .load(stage::AUTHORITY, request)
        .await
        .unwrap();
    let seen = seen.state.version();
    stage
        .keep(request, "reply", seen, at("2026-06-08T12:00+01"))
        .await
        .unwrap();
    // Day 1 is Monday the 8th: days 2 and 4 have the rungs before the target.
    stage.sweep(&mut sweeper, at("2026-06-11T12:00+01")).await;
    assert_eq!(
        stage.steps(request, "lend").await,
        ["lend/1/-3wd/1", "lend/1/-1wd/1"]
    );
    let seen = stage
        .engine
        .commands
        .load(stage::AUTHORITY, request)
        .await
        .unwrap();
    stage
        .keep(
            request,
            "lend",
            seen.state.version(),
            at("2026-06-11T13:00+01"),
        )
        .await
        .unwrap();
    let before = stage.raised(request).await.len();
    stage.sweep(&mut sweeper, at("2026-09-01T12:00+01")).await;
    assert_eq!(stage.raised(request).await.len(), before);
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_that_cannot_be_raised_do_not_hide_the_one_behind_them() {
    let stage = Stage::set().await;
    let mut requests = Vec::new();
    for i in 0..30 {
        requests.push(stage.wish(after(at(MONDAY), i)).await);
    }
    stage.read().await;
    // The read table is wrong about all but the last, as after a change of calendar it may be.
    let client = stage.engine.database.connect().await;
    let last = requests.last().unwrap();
    client
        .execute(
            "update read_model.due_rungs set rung = '+1800min' where clock = 'look' and request_id <> $1",
            &[&last.0],
        )
        .await
        .unwrap();
    let pace = Pace {
        rows_max: 3,
        ..Pace::default()
    };
    let mut sweeper = stage.replica().await.sweeper(pace);
    let now = at("2026-06-01T10:59+01");
    let mut outcomes = Vec::new();
    while outcomes.last() != Some(&Outcome::Idle) && outcomes.len() < 20 {
        outcomes.push(sweeper.step(now).await.unwrap());
    }
    let raised: Vec<&Outcome> = outcomes
        .iter()
        .filter(|o| **o == Outcome::Raised(1))
        .collect();
    assert_eq!(raised.len(), 1, "{outcomes:?}");
    assert_eq!(stage.steps(*last, "look").await, ["look/1/-10min/1"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_calendar_that_changes_moves_what_has_not_come_and_a_rebuild_agrees() {
    let stage = Stage::set().await;
    let request = stage.wish(at(MONDAY)).await;
    let closed = stage.wish(after(at(MONDAY), 1)).await;
    stage
        .keep(closed, "lend", 1, after(at(MONDAY), 2))
        .await
        .unwrap();
    stage.read().await;
    let client = stage.engine.database.connect().await;
    let next = "select next_at from read_model.due_rungs where clock = 'lend' and request_id = $1";
    let before: Timestamp = client.query_one(next, &[&request.0]).await.unwrap().get(0);
    assert_eq!(before, at("2026-06-03T09:00+01"));

    stage.close_on("2026-06-02").await;
    stage.read().await;
    let moved: Timestamp = client.query_one(next, &[&request.0]).await.unwrap().get(0);
    assert_eq!(moved, at("2026-06-04T09:00+01"));

    let rebuilt = stage
        .engine
        .runner
        .rebuild(PROJECTION, IfDifferent::Flip, &|_, _| {})
        .await
        .unwrap();
    assert!(rebuilt.difference.is_none(), "{rebuilt:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_imported_falls_due_once_its_import_has_ended() {
    let stage = Stage::set().await;
    let import = Uuid::new_v4();
    let request = stage.import_wish(import, at(MONDAY)).await;
    let mut sweeper = stage.replica().await.sweeper(Pace::default());
    stage.mark(import, ImportMark::Started).await;
    assert_eq!(
        stage.sweep(&mut sweeper, at("2026-06-02T10:00+01")).await,
        0
    );
    stage.mark(import, ImportMark::Ended).await;
    assert!(stage.sweep(&mut sweeper, at("2026-06-02T10:00+01")).await > 0);
    assert_eq!(
        stage.steps(request, "look").await,
        ["look/1/-10min/1", "look/1/0/1"]
    );
    stage.rebuilt_equals_live().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_rebuilt_rungs_equal_the_live_ones_and_damage_is_seen() {
    let stage = Stage::set().await;
    let mut sweeper = stage.replica().await.sweeper(Pace::default());
    let [open, paused, lent] = [
        stage.wish(at(MONDAY)).await,
        stage.wish(at(MONDAY)).await,
        stage.wish(at(MONDAY)).await,
    ];
    stage.keep(paused, "query", 1, at(MONDAY)).await.unwrap();
    stage.keep(lent, "lend", 1, at(MONDAY)).await.unwrap();
    assert!(stage.sweep(&mut sweeper, at("2026-06-05T12:00+01")).await > 0);
    stage.close_on("2026-06-15").await;
    stage.read().await;
    let owner = stage.engine.database.connect().await;
    let rows = "select count(distinct request_id) filter (where clock <> ''),
                    count(distinct request_id) from read_model.due_rungs";
    let row = owner.query_one(rows, &[]).await.unwrap();
    assert_eq!((row.get::<_, i64>(0), row.get::<_, i64>(1)), (2, 3));
    stage.rebuilt_equals_live().await;

    let damage = "update read_model.due_rungs set next_at = now() \
                  where request_id = $1 and clock = 'lend'";
    assert_eq!(owner.execute(damage, &[&open.0]).await.unwrap(), 1);
    let found = stage
        .engine
        .runner
        .rebuild(PROJECTION, IfDifferent::Flip, &|_, _| {})
        .await;
    let examples = found.unwrap().difference.examples;
    assert_eq!(examples, [(stage::AUTHORITY.to_owned(), open.0)]);
}
