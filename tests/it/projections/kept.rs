//! Figures from memory: equal to those that are counted from every row, whatever happens to the table in
//! between.

use super::torn::correct_calendar;
use super::{AUTHORITY, mend, more_time, publish_changed, work, worked};
use crate::support::engine::Engine;
use crate::timers::killed::{Killed, chance};
use futures::future::join_all;
use jiff::{SignedDuration, Timestamp};
use rand::RngExt;
use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use rfa::domain::ids::{ClockName, RequestId, WorkflowName};
use rfa::projections::Runner;
use rfa::projections::rebuild::IfDifferent;
use rfa::projections::response_times::bases::Bases;
use rfa::projections::response_times::charted::waits;
use rfa::projections::response_times::known::Known;
use rfa::projections::response_times::{Answer, Question, Window, query};
use serde_json::Value;

const ROUNDS: usize = 30;
/// Of all shapes, in each round.
const ASKED: usize = 6;
const CLOCKS: [&str; 10] = [
    "handover",
    "acknowledge",
    "decide",
    "inform",
    "family_told",
    "allocate",
    "first_contact",
    "start_support",
    "review",
    "answer",
];
const DIMENSIONS: [&str; 8] = [
    "team",
    "locality",
    "cluster",
    "requester_role",
    "agency",
    "age_band",
    "urgency",
    // A request counts under each of them.
    "help_wanted",
];

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// After everything in the invented year.
fn whole() -> Question {
    let workflow = WorkflowName::parse("request-for-assistance").unwrap();
    Question::whole(AUTHORITY, workflow, at("2027-12-31T00:00:00Z"))
}

/// Every shape of a question.
fn shapes() -> Vec<Question> {
    let clock = |name: &str| Some(ClockName::parse(name).unwrap());
    let only = |dimension: &str, code: &str| Some((dimension.to_owned(), code.to_owned()));
    let cohort = Window::Cohort {
        from: at("2025-11-01T00:00:00Z"),
        to: at("2026-04-01T00:00:00Z"),
    };
    let mut shapes = vec![whole()];
    shapes.extend(CLOCKS.map(|name| Question {
        clock: clock(name),
        ..whole()
    }));
    shapes.extend(DIMENSIONS.map(|dimension| Question {
        by: Some(dimension.to_owned()),
        ..whole()
    }));
    for only in [only("age_band", "11-15"), only("team", "carrick-team")] {
        shapes.push(Question { only, ..whole() });
    }
    shapes.push(Question {
        window: cohort,
        ..whole()
    });
    shapes.push(Question {
        clock: clock("decide"),
        by: Some("locality".to_owned()),
        only: only("age_band", "11-15"),
        window: cohort,
        ..whole()
    });
    shapes
}

/// Numbers may differ by rounding: a day by less than a millisecond, a share by as little.
fn same(found: &Value, wanted: &Value, path: &str) {
    match (found, wanted) {
        (Value::Number(a), Value::Number(b)) => {
            let (a, b) = (a.as_f64().unwrap(), b.as_f64().unwrap());
            // Bounds of chances are worked out from a root of a small difference.
            let limit = if path.contains("chance_by_days") {
                1e-7
            } else {
                1e-9
            };
            assert!((a - b).abs() < limit, "{path}: {a}, wanted {b}");
        }
        (Value::Array(a), Value::Array(b)) => {
            assert_eq!(a.len(), b.len(), "{path}: {found} wanted {wanted}");
            for (i, (a, b)) in a.iter().zip(b).enumerate() {
                same(a, b, &format!("{path}/{i}"));
            }
        }
        (Value::Object(a), Value::Object(b)) => {
            assert!(a.keys().eq(b.keys()), "{path}");
            for (name, a) in a {
                same(a, &b[name], &format!("{path}/{name}"));
            }
        }
        (found, wanted) => assert_eq!(found, wanted, "{path}"),
    }
}

fn equal(found: &Answer, wanted: &Answer) {
    let json = |answer| serde_json::to_value(answer).unwrap();
    same(&json(found), &json(wanted), "");
}

async fn counted(engine: &Engine, question: &Question) -> Answer {
    let declared = engine.commands.registry().of(AUTHORITY);
    query(engine.log.pool(), &declared, question).await.unwrap()
}

async fn kept(engine: &Engine, bases: &Bases, question: &Question) -> Option<Answer> {
    let declared = engine.commands.registry().of(AUTHORITY);
    let answer = bases.find_answer(engine.log.pool(), &declared, question);
    answer.await.unwrap()
}

/// Whether there was something to compare: a step that was cut off may still land in between.
async fn compared(engine: &Engine, bases: &Bases, question: &Question) -> bool {
    let before = counted(engine, question).await;
    let found = kept(engine, bases, question).await;
    let after = counted(engine, question).await;
    if before != after {
        return false;
    }
    equal(&found.expect("kept in memory"), &after);
    true
}

struct Upset<'a> {
    engine: &'a Engine,
    owner: tokio_postgres::Client,
    chance: StdRng,
    /// That may be given more time.
    sent: Vec<(RequestId, Timestamp)>,
}

impl Upset<'_> {
    async fn execute(&self, statement: &str) {
        self.owner.batch_execute(statement).await.unwrap();
    }

    /// Some time after all that has happened, before or after what runs is due.
    async fn moment(&mut self) -> Timestamp {
        let last = "select max(occurred_at) from event_log.events where stream_kind = 'request'";
        let last: Timestamp = self.owner.query_one(last, &[]).await.unwrap().get(0);
        let hours = SignedDuration::from_hours(self.chance.random_range(0..2_000));
        last.saturating_add(hours).unwrap()
    }

    /// An event of any request cannot be read until it is mended.
    async fn damage(&self) {
        let one = "update event_log.events e set schema_version = 99 from (
                       select position from event_log.events where stream_kind = 'request'
                       order by (position > (select min(position) from reader.cursors
                                             where name like 'projection/response_times/%')) desc,
                           random() limit 1) one
                   where e.position = one.position";
        self.execute(one).await;
    }

    /// A new request's decision is given more time, now and then that of one of an earlier round.
    async fn extend(&mut self) {
        // Some of them shortly before the moment that is asked about.
        let days = if self.chance.random_bool(0.5) {
            self.chance.random_range(0..340)
        } else {
            340
        };
        let first = at("2025-09-01T09:00:00Z");
        let at = first
            .saturating_add(SignedDuration::from_hours(24 * days))
            .unwrap();
        let request = more_time::sent(self.engine, at).await;
        self.sent.push((request, at));
        if self.chance.random_bool(0.6) {
            let one = self.chance.random_range(0..self.sent.len());
            let (request, at) = self.sent[one];
            // What is damaged has another chance later.
            if self.engine.commands.load(AUTHORITY, request).await.is_ok() {
                self.sent.swap_remove(one);
                more_time::given(self.engine, request, at).await;
            }
        }
    }

    /// Others hold some of the shards, which then stand still; the rest is free to be taken.
    async fn share_out(&mut self) {
        for shard in 0..4 {
            let hours = i32::from(self.chance.random_bool(0.4));
            let lease = format!(
                "update reader.cursors set lease_owner = gen_random_uuid(),
                     lease_until = clock_timestamp() + make_interval(hours => {hours})
                 where name = 'projection/response_times/{shard}'"
            );
            self.execute(&lease).await;
        }
        self.execute(
            "update reader.cursors set lease_until = clock_timestamp()
             where name like 'projection/%' and name not like '%/response_times/%'",
        )
        .await;
    }

    /// Some pages, the last of which may be cut off anywhere.
    async fn project(&mut self) {
        let runner = Runner::new(self.engine.log.clone());
        for _ in 0..self.chance.random_range(1..4) {
            let polls = if self.chance.random_bool(0.3) {
                self.chance.random_range(1..40)
            } else {
                usize::MAX
            };
            let step = async { drop(runner.step().await) };
            if Killed::after(polls, step).await {
                return;
            }
        }
    }

    async fn round(&mut self, number: usize) {
        let requests = self.chance.random_range(1..5);
        work(self.engine, requests).await;
        self.extend().await;
        if self.chance.random_bool(0.3) {
            self.damage().await;
        }
        if self.chance.random_bool(0.3) {
            mend(&self.owner).await;
        }
        if number == ROUNDS / 2 {
            let (from, to) = (
                "default_calendar: south-ayrshire-council",
                "default_calendar: all-hours",
            );
            publish_changed(self.engine, "kept", from, to).await;
        }
        if number == ROUNDS * 3 / 4 {
            let closed = ("2026-08-17", "2026-11-30");
            // The organisation is as it was again.
            assert_eq!(
                correct_calendar(self.engine, "kept-closed", closed).await,
                2
            );
        }
        self.share_out().await;
        self.project().await;
        if self.chance.random_bool(0.15) {
            let runner = Runner::new(self.engine.log.clone());
            let nothing = |_, _| {};
            let rebuilt = runner.rebuild("response_times", IfDifferent::Flip, &nothing);
            assert!(rebuilt.await.unwrap().flipped);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn figures_from_memory_equal_those_of_every_row_whatever_happens_to_the_table() {
    let engine = worked(10).await;
    engine.runner.run_until_idle().await.unwrap();
    let mut upset = Upset {
        engine: &engine,
        owner: engine.database.connect().await,
        chance: chance(),
        sent: Vec::new(),
    };
    upset
        .execute("alter table event_log.events disable trigger all")
        .await;
    let (bases, shapes) = (Bases::default(), shapes());
    let (mut compared_count, mut asked_count, mut moved_on_count) = (0, 0, 0);
    for round in 0..ROUNDS {
        upset.round(round).await;
        let some: Vec<&Question> = shapes.sample(&mut upset.chance, ASKED).collect();
        let as_of = upset.moment().await;
        for question in [&shapes[0]].into_iter().chain(some) {
            let question = &Question {
                as_of,
                ..question.clone()
            };
            let built_count = bases.weight().built_count;
            compared_count += usize::from(compared(&engine, &bases, question).await);
            asked_count += 1;
            moved_on_count += usize::from(bases.weight().built_count == built_count);
        }
    }
    mend(&upset.owner).await;
    upset
        .execute("update reader.cursors set lease_until = clock_timestamp()")
        .await;
    let last = Runner::new(engine.log.clone());
    last.run_until_idle().await.unwrap();
    for question in &shapes {
        compared_count += usize::from(compared(&engine, &bases, question).await);
        asked_count += 1;
    }
    let weight = bases.weight();
    assert!(
        compared_count * 10 > asked_count * 9,
        "{compared_count} of {asked_count}"
    );
    assert_eq!(weight.bases_count, shapes.len());
    assert!(
        moved_on_count * 2 > ROUNDS,
        "{moved_on_count} of {asked_count}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_base_cannot_tell_is_counted_from_every_row() {
    let engine = worked(40).await;
    engine.runner.run_until_idle().await.unwrap();
    let bases = Bases::default();
    let earlier = Question {
        as_of: at("2026-02-01T00:00:00Z"),
        ..whole()
    };
    let (from, to) = (at("2026-01-01T00:00:00Z"), at("2026-04-01T00:00:00Z"));
    let period = Question {
        window: Window::Period { from, to },
        ..whole()
    };
    let declared = engine.commands.registry().of(AUTHORITY);
    for question in [earlier, period] {
        assert_eq!(kept(&engine, &bases, &question).await, None);
        let found = bases.query(engine.log.pool(), &declared, &question).await;
        assert_eq!(found.unwrap(), counted(&engine, &question).await);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_curve_from_memory_is_drawn_as_one_of_every_row() {
    let engine = worked(60).await;
    engine.runner.run_until_idle().await.unwrap();
    let (pool, log) = (engine.log.pool(), &engine.log);
    let declared = engine.commands.registry().of(AUTHORITY);
    let bases = Bases::default();
    let head = log.head().await.unwrap();
    for name in CLOCKS {
        let question = Question {
            clock: Some(ClockName::parse(name).unwrap()),
            ..whole()
        };
        let known = Known::at(pool, log, &question, head).await.unwrap();
        let counted = waits(pool, &known, &question).await.unwrap();
        let found = bases.waits(pool, &declared, &question).await.unwrap();
        assert_eq!(found.count, counted.count, "{name}");
        assert_eq!(found.open_days, counted.open_days, "{name}");
        assert_eq!(found.curve.median(), counted.curve.median(), "{name}");
        for days in [1.0, 5.0, 10.0, 60.0, 90.0] {
            let (a, b) = (&found.curve, &counted.curve);
            assert!(
                (a.survival_at(days) - b.survival_at(days)).abs() < 1e-9,
                "{name}"
            );
            assert!(
                (a.interval_at(days).1 - b.interval_at(days).1).abs() < 1e-9,
                "{name}"
            );
        }
    }
    assert_eq!(bases.weight().built_count, CLOCKS.len() as u64);
}

#[tokio::test(flavor = "multi_thread")]
async fn those_who_ask_at_once_put_a_base_together_once_and_later_ones_move_it_on() {
    let engine = worked(20).await;
    engine.runner.run_until_idle().await.unwrap();
    let (bases, question) = (Bases::default(), whole());
    let asked = (0..10).map(|_| kept(&engine, &bases, &question));
    let answers = join_all(asked).await;
    assert!(answers.iter().all(|answer| *answer == answers[0]));
    assert_eq!(bases.weight().built_count, 1);
    work(&engine, 20).await;
    engine.runner.run_until_idle().await.unwrap();
    assert!(compared(&engine, &bases, &question).await);
    assert_eq!(bases.weight().built_count, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_base_that_was_not_asked_for_the_longest_makes_room() {
    let engine = worked(20).await;
    engine.runner.run_until_idle().await.unwrap();
    let one = |name: &str| Question {
        clock: Some(ClockName::parse(name).unwrap()),
        ..whole()
    };
    let bases = Bases::within(1);
    for (name, built_count) in [("decide", 1), ("inform", 2), ("inform", 2), ("decide", 3)] {
        assert!(compared(&engine, &bases, &one(name)).await);
        let weight = bases.weight();
        assert_eq!(
            (weight.bases_count, weight.built_count),
            (1, built_count),
            "{name}"
        );
        assert!(weight.bytes > 0);
    }
}

fn decisions(as_of: &str) -> Question {
    Question {
        clock: Some(ClockName::parse("decide").unwrap()),
        as_of: at(as_of),
        ..whole()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_open_is_judged_by_the_calendar_as_it_was_corrected() {
    let engine = worked(1).await;
    more_time::sent(&engine, at("2026-08-20T09:00:00Z")).await;
    engine.runner.run_until_idle().await.unwrap();
    let (bases, question) = (Bases::default(), decisions("2026-09-10T09:00:00Z"));
    let missed = async || {
        let found = kept(&engine, &bases, &question).await.expect("in memory");
        equal(&found, &counted(&engine, &question).await);
        found.clocks[0].missed_open
    };
    assert_eq!(missed().await, 1);
    let closed = ("2026-08-21", "2026-09-30");
    assert_eq!(correct_calendar(&engine, "kept-open", closed).await, 1);
    assert_eq!(missed().await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_runs_is_given_more_time_while_it_is_in_memory() {
    let engine = worked(1).await;
    let sent_at = at("2026-08-20T09:00:00Z");
    let request = more_time::sent(&engine, sent_at).await;
    let bases = Bases::default();
    // Before and after the target that is stated.
    for (as_of, missed) in [("2026-08-25T09:00:00Z", 0), ("2026-08-28T09:00:00Z", 1)] {
        engine.runner.run_until_idle().await.unwrap();
        let question = decisions(as_of);
        let found = kept(&engine, &bases, &question).await.expect("in memory");
        equal(&found, &counted(&engine, &question).await);
        assert_eq!(
            (found.clocks[0].missed_open, found.clocks[0].extended),
            (missed, 0)
        );
    }
    more_time::given(&engine, request, sent_at).await;
    engine.runner.run_until_idle().await.unwrap();
    let question = decisions("2026-08-28T09:00:00Z");
    let found = kept(&engine, &bases, &question).await.expect("in memory");
    equal(&found, &counted(&engine, &question).await);
    assert_eq!(
        (found.clocks[0].missed_open, found.clocks[0].extended),
        (0, 1)
    );
    assert_eq!(bases.weight().built_count, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_asks_about_a_moment_does_not_see_what_was_sent_a_moment_later() {
    let engine = worked(1).await;
    more_time::sent(&engine, at("2026-08-20T09:00:00Z")).await;
    more_time::sent(&engine, at("2026-08-24T09:00:00Z")).await;
    engine.runner.run_until_idle().await.unwrap();
    let (bases, question) = (Bases::default(), decisions("2026-08-24T08:59:59Z"));
    let found = kept(&engine, &bases, &question).await.expect("in memory");
    equal(&found, &counted(&engine, &question).await);
    assert_eq!(found.clocks[0].open, 1);
    // No request of these says anything of it.
    let unsaid = Question {
        only: Some(("edge_of_care".to_owned(), "likely".to_owned())),
        ..question
    };
    let found = kept(&engine, &bases, &unsaid).await.expect("in memory");
    assert_eq!(found.clocks, []);
}
