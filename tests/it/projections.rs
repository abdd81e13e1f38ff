//! Read tables: rebuilt equals live equals a fold of the log that is written another way here.

mod by_hand;
mod kept;
mod more_time;
mod plans;
mod torn;

use crate::support::WorkflowFiles;
use crate::support::engine::{Engine, now};
use rfa::domain::declared::Declared;
use rfa::domain::ids::Authority;
use rfa::domain::request::codec;
use rfa::domain::request::event::RequestEvent;
use rfa::log::{Position, Recorded, StreamKind};
use rfa::projections::page::{Known, decode};
use rfa::projections::rebuild::IfDifferent;
use rfa::projections::shards::Shards;
use rfa::projections::store::Page;
use rfa::projections::{
    Decoded, NAMES, Projection, Runner, lags, list_parked, shape, store, team_caseloads,
};
use rfa::simulate::cast::Cast;
use rfa::simulate::run::{Settings, run};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use uuid::Uuid;

pub(crate) const AUTHORITY: &str = "south-ayrshire-synthetic";

/// A synthetic year in small.
pub(crate) async fn worked(requests: usize) -> Engine {
    let engine = Engine::start().await;
    let from = rfa::commands::read_folder(
        &crate::support::engine::workflows(),
        &Authority::parse("south-ayrshire").unwrap(),
    );
    engine.publish(AUTHORITY, from.unwrap()).await;
    let cast = Cast::of(engine.commands.registry().of(AUTHORITY).organisation());
    engine
        .publish(AUTHORITY, cast.declarations().unwrap())
        .await;
    work(&engine, requests).await;
    engine
}

/// More of the invented year, with other requests each time.
pub(crate) async fn work(engine: &Engine, requests: usize) {
    let cast = Cast::of(engine.commands.registry().of(AUTHORITY).organisation());
    let settings = Settings {
        seed: 7 + engine.log.head().await.unwrap().0.unsigned_abs(),
        requests,
        last: jiff::civil::date(2026, 8, 14),
    };
    let authority = Authority::parse(AUTHORITY).unwrap();
    let report = run(&engine.commands, &authority, &cast, &settings, &|_, _| {})
        .await
        .unwrap();
    assert_eq!(
        (report.requests, report.refused.len()),
        (requests as u64, 0),
        "{report}"
    );
}

async fn log_of(engine: &Engine) -> Vec<Recorded> {
    let events = engine.log.read_after(Position(0), 1_000_000).await.unwrap();
    events
        .into_iter()
        .filter(|event| event.stream_kind == StreamKind::Request)
        .collect()
}

/// State, team and worker of each request, by the plainest fold there is.
fn plain_fold(events: &[Recorded]) -> BTreeMap<Uuid, (String, String, Option<String>)> {
    let mut requests = BTreeMap::new();
    for event in events {
        let decoded = codec::decode(&event.event_type, event.schema_version, &event.body).unwrap();
        let RequestEvent::Act(act) = decoded else {
            continue;
        };
        let before: Option<(String, String, Option<String>)> = requests.remove(&event.stream);
        let kept = before
            .filter(|_| act.left_team.is_none())
            .and_then(|(_, _, worker)| worker);
        let worker = act.worker.map(|worker| worker.to_string()).or(kept);
        requests.insert(
            event.stream,
            (act.to.to_string(), act.owner.team.to_string(), worker),
        );
    }
    requests
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rebuilt_table_equals_the_live_one_and_a_fold_written_another_way() {
    let engine = worked(60).await;
    engine.runner.run_until_idle().await.unwrap();
    let expected = plain_fold(&log_of(&engine).await);
    let client = engine.database.connect().await;
    let list = "select request_id, state, team, worker from read_model.request_list";
    let found: BTreeMap<Uuid, (String, String, Option<String>)> = client
        .query(list, &[])
        .await
        .unwrap()
        .iter()
        .map(|row| (row.get(0), (row.get(1), row.get(2), row.get(3))))
        .collect();
    assert_eq!(found, expected);

    let question = team_caseloads::Question {
        authority: AUTHORITY.to_owned(),
        as_of: now(),
    };
    let mut counted: BTreeMap<(String, String), i64> = BTreeMap::new();
    for row in team_caseloads::query(engine.log.pool(), &question, None)
        .await
        .unwrap()
    {
        *counted.entry((row.team, row.state)).or_default() += row.count;
    }
    let workflow = engine.commands.registry().of(AUTHORITY);
    let workflow = workflow.workflows().next().unwrap();
    let mut plain: BTreeMap<(String, String), i64> = BTreeMap::new();
    for (state, team, _) in expected.values() {
        let rule = &workflow.definition.states[state.as_str()];
        let shown = if rule.restricted {
            "moved-to-another-process"
        } else {
            state
        };
        if !rule.ends {
            *plain.entry((team.clone(), shown.to_owned())).or_default() += 1;
        }
    }
    assert_eq!(counted, plain);

    for name in NAMES {
        let difference = engine
            .runner
            .rebuild(name, IfDifferent::Flip, &|_, _| {})
            .await
            .unwrap()
            .difference;
        assert!(difference.is_none(), "{name}: {difference:?}");
    }
}

/// Requester, agency, who holds it and whether a concern is open, read off the stored bodies.
type People = (String, Option<String>, String, Option<String>, bool);

fn plain_people(events: &[Recorded]) -> BTreeMap<Uuid, People> {
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let mut requests: BTreeMap<Uuid, (Option<String>, People)> = BTreeMap::new();
    let mut concerns: BTreeMap<Uuid, u32> = BTreeMap::new();
    for event in events {
        let body: Value = serde_json::from_slice(&event.body).unwrap();
        let owner = &body["owner"]["held_by"];
        if owner.is_null() {
            continue;
        }
        let (first, before) = requests.remove(&event.stream).unzip();
        let first = first.unwrap_or_else(|| text(&body["opening"]["agency"]));
        let asked = text(&body["requester"]).or_else(|| text(&body["opening"]["requester"]));
        let requester = asked.or(before.map(|before| before.0)).unwrap();
        let agency = text(&body["agency"]).or_else(|| first.clone());
        let (held_by, holder) = match owner.as_object().and_then(|owner| owner.iter().next()) {
            None => (text(owner).unwrap(), None),
            Some((kind, person)) => (kind.clone(), text(person)),
        };
        let open = concerns.entry(event.stream).or_default();
        match body["hand_over"].as_str() {
            Some("opens") => *open += 1,
            Some("closes") if body["concern"]["stays_open"] != true => *open -= 1,
            Some(_) | None => {}
        }
        let people = (requester, agency, held_by, holder, *open > 0);
        requests.insert(event.stream, (first, people));
    }
    let people = requests.into_iter();
    people
        .map(|(request, (_, people))| (request, people))
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn who_asks_who_holds_and_what_is_red_equals_a_fold_written_another_way() {
    let engine = worked(80).await;
    engine.runner.run_until_idle().await.unwrap();
    let client = engine.database.connect().await;
    let list = "select request_id, requester, agency, held_by, holder, concern_open \
                from read_model.request_list";
    let rows = client.query(list, &[]).await.unwrap();
    let people = |row: &tokio_postgres::Row| {
        let people = (row.get(1), row.get(2), row.get(3), row.get(4), row.get(5));
        (row.get(0), people)
    };
    let found: BTreeMap<Uuid, People> = rows.iter().map(people).collect();
    let expected = plain_people(&log_of(&engine).await);
    assert_eq!(found, expected);
    let kinds: BTreeSet<&str> = expected.values().map(|people| people.2.as_str()).collect();
    assert!(
        kinds.contains("team") && kinds.contains("worker"),
        "{kinds:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_comparison_may_take_longer_than_a_call_of_a_reader() {
    let engine = worked(1).await;
    engine.runner.run_until_idle().await.unwrap();
    let owner = engine.database.connect().await;
    let slow = "create function slow() returns boolean language plpgsql volatile as
                    $$ begin perform pg_sleep(10.5); return true; end $$;
                alter table read_model.request_list enable row level security;
                alter table read_model.request_list force row level security;
                create policy slow on read_model.request_list using (slow())";
    owner.batch_execute(slow).await.unwrap();
    let difference = engine
        .runner
        .rebuild("request_list", IfDifferent::Flip, &|_, _| {})
        .await;
    assert!(difference.unwrap().difference.is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_corrupted_row_shows_as_a_difference_and_is_mended() {
    let engine = worked(10).await;
    engine.runner.run_until_idle().await.unwrap();
    let client = engine.database.connect().await;
    for (name, damage) in [
        (
            "request_list",
            "update read_model.request_list set team = 'nobody' where request_id = $1",
        ),
        (
            "team_caseloads",
            "delete from read_model.team_caseloads where request_id = $1",
        ),
        (
            "response_times",
            "update read_model.response_times set started_at = now() where request_id = $1",
        ),
    ] {
        let victim = "select request_id from read_model.request_list limit 1";
        let victim: Uuid = client.query_one(victim, &[]).await.unwrap().get(0);
        client.execute(damage, &[&victim]).await.unwrap();
        // Shown before the flip: whoever does not want it keeps the live table.
        for (if_different, flipped) in [(IfDifferent::Keep, false), (IfDifferent::Flip, true)] {
            let rebuilt = engine
                .runner
                .rebuild(name, if_different, &|_, _| {})
                .await
                .unwrap();
            assert_eq!(rebuilt.flipped, flipped, "{name}");
            assert_eq!(
                rebuilt.difference.examples,
                [(AUTHORITY.to_owned(), victim)],
                "{name}"
            );
        }
        let again = engine
            .runner
            .rebuild(name, IfDifferent::Keep, &|_, _| {})
            .await
            .unwrap()
            .difference;
        assert!(again.is_none(), "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_that_cannot_be_read_parks_its_request_and_no_other() {
    let engine = worked(5).await;
    let owner = engine.database.connect().await;
    let first = "select stream, min(position) from event_log.events where stream_kind = 'request' \
                 group by stream order by 2 limit 1";
    let victim: Uuid = owner.query_one(first, &[]).await.unwrap().get(0);
    owner
        .batch_execute("alter table event_log.events disable trigger all")
        .await
        .unwrap();
    let damage =
        "update event_log.events set schema_version = 99 where stream = $1 and version = 1";
    owner.execute(damage, &[&victim]).await.unwrap();
    engine.runner.run_until_idle().await.unwrap();
    let list =
        "select count(*), count(*) filter (where request_id = $1) from read_model.request_list";
    let row = owner.query_one(list, &[&victim]).await.unwrap();
    assert_eq!((row.get::<_, i64>(0), row.get::<_, i64>(1)), (4, 0));
    let parked = "select reason from reader.parked where stream = $1 and name = 'request_list'";
    let reason: String = owner.query_one(parked, &[&victim]).await.unwrap().get(0);
    assert!(reason.contains("schema version 99"), "{reason}");
}

/// The first request of the log gets an event that no build can read.
async fn damage(owner: &tokio_postgres::Client, version: i32) -> Uuid {
    let first = "select stream, min(position) from event_log.events where stream_kind = 'request' \
                 group by stream order by 2 limit 1";
    let victim: Uuid = owner.query_one(first, &[]).await.unwrap().get(0);
    let guards = "alter table event_log.events disable trigger all";
    owner.batch_execute(guards).await.unwrap();
    let damage =
        "update event_log.events set schema_version = 99 where stream = $1 and version = $2";
    owner.execute(damage, &[&victim, &version]).await.unwrap();
    victim
}

async fn mend(owner: &tokio_postgres::Client) {
    let mend = "update event_log.events set schema_version = 1 where schema_version = 99";
    owner.execute(mend, &[]).await.unwrap();
}

async fn parked(engine: &Engine) -> Vec<i64> {
    let head = engine.log.head().await.unwrap();
    let lags = lags(engine.log.pool(), head).await.unwrap();
    lags.iter().map(|lag| lag.parked).collect()
}

async fn rebuilt_equals_live(engine: &Engine) {
    for name in NAMES {
        let rebuilt = engine
            .runner
            .rebuild(name, IfDifferent::Flip, &|_, _| {})
            .await
            .unwrap();
        let difference = rebuilt.difference;
        assert!(difference.is_none(), "{name}: {difference:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_parked_is_told_and_has_another_chance_at_the_next_start() {
    let engine = worked(5).await;
    let owner = engine.database.connect().await;
    let victim = damage(&owner, 2).await;
    engine.runner.run_until_idle().await.unwrap();
    assert_eq!(parked(&engine).await, NAMES.map(|_| 1));
    let told = list_parked(engine.log.pool()).await.unwrap();
    assert!(told.iter().all(|told| told.request == victim));
    assert!(told[0].reason.contains("schema version 99"), "{told:?}");

    mend(&owner).await;
    let forget = "update reader.cursors set lease_until = clock_timestamp()";
    owner.execute(forget, &[]).await.unwrap();
    let next = Runner::new(engine.log.clone());
    next.run_until_idle().await.unwrap();
    assert_eq!(parked(&engine).await, NAMES.map(|_| 0));
    owner.execute(forget, &[]).await.unwrap();
    rebuilt_equals_live(&engine).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_parked_has_another_chance_when_something_is_declared() {
    let engine = worked(5).await;
    let owner = engine.database.connect().await;
    damage(&owner, 1).await;
    engine.runner.run_until_idle().await.unwrap();
    assert_eq!(parked(&engine).await, NAMES.map(|_| 1));
    mend(&owner).await;
    publish_changed(
        &engine,
        "declared-again",
        "title: South",
        "title: All South",
    )
    .await;
    engine.runner.run_until_idle().await.unwrap();
    assert_eq!(parked(&engine).await, NAMES.map(|_| 0));
    rebuilt_equals_live(&engine).await;
}

async fn publish_changed(engine: &Engine, name: &str, from: &str, to: &str) {
    let files = WorkflowFiles::copied(name);
    files.change("organisation/south-ayrshire.yaml", from, to);
    let authority = Authority::parse("south-ayrshire").unwrap();
    let changed = rfa::commands::read_folder(files.folder(), &authority).unwrap();
    assert_eq!(engine.publish(AUTHORITY, changed).await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_declaration_acts_on_what_comes_after_it_however_the_log_is_cut() {
    let engine = worked(10).await;
    engine.runner.run_until_idle().await.unwrap();
    publish_changed(
        &engine,
        "other-calendar",
        "default_calendar: south-ayrshire-council",
        "default_calendar: all-hours",
    )
    .await;
    engine.runner.run_until_idle().await.unwrap();
    rebuilt_equals_live(&engine).await;
}

/// Counts events, and gives up in the middle of the fourth.
struct Panicking;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Counted {
    authority: String,
    request_id: Uuid,
    count: i32,
}

impl Projection for Panicking {
    const NAME: &'static str = "panicking";
    const TABLE: &'static str = "create table {table} (authority text, request_id uuid, count int, \
                                 primary key (authority, request_id));";
    const KEY: &'static str = "authority, request_id";
    type Row = Counted;

    fn fold(rows: &mut Vec<Counted>, event: &Decoded, _: &Declared) -> Result<(), String> {
        let (authority, request_id) = (event.recorded.authority.to_string(), event.recorded.stream);
        let count = rows.pop().map_or(0, |row| row.count) + 1;
        assert!(count < 4, "invented");
        rows.push(Counted {
            authority,
            request_id,
            count,
        });
        Ok(())
    }

    fn request_of(row: &Counted) -> (&str, Uuid) {
        (&row.authority, row.request_id)
    }

    fn place_of(_: &Counted) -> (&str, i32) {
        ("", 0)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fold_that_panics_parks_its_request_as_it_was_before() {
    let engine = worked(5).await;
    let events = engine.log.read_after(Position(0), 1_000_000).await.unwrap();
    let mut known = Known::default();
    let mut lengths: BTreeMap<Uuid, i32> = BTreeMap::new();
    for event in &events {
        if event.stream_kind == StreamKind::Request {
            *lengths.entry(event.stream).or_default() += 1;
        } else {
            known.take(event).unwrap();
        }
    }
    let events = events.into_iter().map(Arc::new).collect();
    let entries = decode(Position(0), events, Shards::ALL).unwrap();
    let mut client = engine.log.pool().get().await.unwrap();
    let table = store::live_table::<Panicking>();
    shape::create::<Panicking, _>(&client, &table)
        .await
        .unwrap();
    let page = Page {
        entries: &entries,
        known: &known,
        parked: &BTreeSet::new(),
        shards: Shards::ALL,
    };
    let transaction = client.transaction().await.unwrap();
    let parked = store::apply::<Panicking>(&transaction, &table, &page).await;
    let parked: BTreeSet<Uuid> = parked.unwrap().iter().map(|one| one.request.1).collect();
    let long = lengths.iter().filter(|(_, length)| **length > 3);
    assert_eq!(parked, long.map(|(request, _)| *request).collect());
    assert!(!parked.is_empty());
    let rows = "select request_id, count from read_model.panicking";
    let rows = transaction.query(rows, &[]).await.unwrap();
    let counts: BTreeMap<Uuid, i32> = rows.iter().map(|row| (row.get(0), row.get(1))).collect();
    let expected = lengths.iter().map(|(request, n)| (*request, (*n).min(3)));
    assert_eq!(counts, expected.collect());
}
