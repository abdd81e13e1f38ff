//! Two sweepers at once, each killed at any of its awaits, again and again.

use super::stage::{Replica, Stage, after, at};
use jiff::Timestamp;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use rfa::domain::ids::RequestId;
use rfa::domain::request::rung::RungId;
use rfa::domain::time::ladder::Step;
use rfa::timers::{Pace, Sweeper};
use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

const ROUNDS: usize = 50;
const REQUESTS: usize = 24;

/// Dropped in the middle of whatever it does, after so many polls.
pub(crate) struct Killed<F> {
    inner: Option<Pin<Box<F>>>,
    polls_left: usize,
}

impl<F> Killed<F> {
    pub(crate) fn after(polls: usize, inner: F) -> Self {
        Self {
            inner: Some(Box::pin(inner)),
            polls_left: polls,
        }
    }
}

impl<F: Future<Output = ()>> Future for Killed<F> {
    /// Whether it was killed.
    type Output = bool;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<bool> {
        if self.polls_left == 0 {
            self.inner = None;
            return Poll::Ready(true);
        }
        self.polls_left -= 1;
        let Some(inner) = self.inner.as_mut() else {
            return Poll::Ready(true);
        };
        inner.as_mut().poll(context).map(|()| false)
    }
}

/// Steps without end at one moment.
pub(crate) async fn sweep_on(mut sweeper: Sweeper, now: Timestamp) {
    loop {
        if sweeper.step(now).await.is_err() {
            return;
        }
        tokio::task::yield_now().await;
    }
}

pub(crate) fn chance() -> StdRng {
    let seed: u64 = std::env::var("RFA_TEST_SEED")
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or_else(rand::random);
    eprintln!("RFA_TEST_SEED={seed}");
    StdRng::seed_from_u64(seed)
}

/// What the keeper does while the sweepers run: a clock pauses, goes on or stops under their hands.
async fn disturb(stage: &Stage, chance: &mut StdRng, requests: &[RequestId], now: Timestamp) {
    for _ in 0..2 {
        let request = requests[chance.random_range(REQUESTS / 2..REQUESTS)];
        let name = ["query", "reply", "lend"][chance.random_range(0..3)];
        let loaded = stage
            .engine
            .commands
            .load(super::stage::AUTHORITY, request)
            .await;
        let seen = loaded.unwrap().state.version();
        // Not every move is possible in every state, and a rung may come between.
        drop(stage.keep(request, name, seen, now).await);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_sweepers_killed_fifty_times_raise_each_rung_once_in_order_and_never_early() {
    let mut chance = chance();
    let stage = Stage::set().await;
    let mut now = at("2026-06-01T09:30+01");
    let mut requests = Vec::new();
    for _ in 0..REQUESTS {
        requests.push(stage.wish(now).await);
        now = after(now, chance.random_range(0..30));
    }
    let replicas: [Replica; 2] = [stage.replica().await, stage.replica().await];
    let pace = Pace {
        rows_max: 10,
        at_once: 4,
        ..Pace::default()
    };
    let mut killed = 0;
    for _ in 0..ROUNDS {
        now = after(now, chance.random_range(0..900));
        stage.read().await;
        let doomed = replicas.iter().map(|replica| {
            let inner = sweep_on(replica.sweeper(pace), now);
            let polls_left = chance.random_range(1..120);
            tokio::spawn(Killed::after(polls_left, inner))
        });
        let doomed: Vec<_> = doomed.collect();
        disturb(&stage, &mut chance, &requests, now).await;
        stage.read().await;
        for one in doomed {
            killed += usize::from(one.await.unwrap());
        }
    }
    assert!(killed >= ROUNDS, "{killed} were killed");
    let mut last = replicas[0].sweeper(pace);
    stage.sweep(&mut last, now).await;
    for (i, request) in requests.iter().enumerate() {
        check(&stage, *request, (i < REQUESTS / 2).then_some(now)).await;
    }
}

/// In order, none early and none twice; of a request that nobody touched also none too few.
async fn check(stage: &Stage, request: RequestId, undisturbed: Option<Timestamp>) {
    let mut by_clock: BTreeMap<(String, u32), Vec<(Step, Timestamp)>> = BTreeMap::new();
    for (recorded, raised) in stage.raised(request).await {
        assert!(
            raised.due_at <= recorded.occurred_at,
            "{} was early",
            raised.rung
        );
        let RungId { clock, spell, step } = raised.rung;
        let key = (clock.to_string(), spell);
        by_clock.entry(key).or_default().push((step, raised.due_at));
    }
    for (clock, raised) in &by_clock {
        for pair in raised.windows(2) {
            assert!(pair[0].0.order(pair[1].0).is_lt(), "{clock:?}: {raised:?}");
            assert!(pair[0].1 <= pair[1].1, "{clock:?}: {raised:?}");
        }
    }
    let Some(now) = undisturbed else { return };
    let loaded = stage
        .engine
        .commands
        .load(super::stage::AUTHORITY, request)
        .await
        .unwrap();
    let workflow = loaded.workflow.unwrap();
    for (clock, ladder) in [("look", "minutes"), ("search", "hours"), ("lend", "days")] {
        let raised = &by_clock[&(clock.to_owned(), 1)];
        let steps: Vec<Step> = workflow.definition.ladders[ladder]
            .steps()
            .map(|(step, _)| step)
            .take(raised.len())
            .collect();
        let found: Vec<Step> = raised.iter().map(|(step, _)| *step).collect();
        assert_eq!(found, steps, "{clock} has a hole at {now}");
    }
    // By the wall this needs no calendar: written down here once more.
    let opened_at = loaded.events[0].0.occurred_at;
    let plain =
        [20, 30, 1_830, 3_630, 5_430, 7_230, 9_030].map(|minutes| after(opened_at, minutes));
    let plain: Vec<Timestamp> = plain.into_iter().filter(|due| *due < now).collect();
    let found: Vec<Timestamp> = by_clock[&("look".to_owned(), 1)]
        .iter()
        .map(|(_, due)| *due)
        .collect();
    assert_eq!(found, plain);
    let next = "select count(*) from read_model.due_rungs where request_id = $1 and next_at <= $2";
    let client = stage.engine.database.connect().await;
    let left: i64 = client
        .query_one(next, &[&request.0, &now])
        .await
        .unwrap()
        .get(0);
    assert_eq!(left, 0, "something is due and was not raised");
}
