//! Claims that lapse under two sweepers, while their holders work, pause and give them back.

use super::killed::{Killed, chance, sweep_on};
use super::stage::{AUTHORITY, PROJECTION, Stage, after, asked, at};
use jiff::Timestamp;
use rand::RngExt;
use rand::rngs::StdRng;
use rfa::commands::Ask;
use rfa::domain::ids::RequestId;
use rfa::domain::request::event::{ClaimEffect, RequestEvent};
use rfa::domain::time::calendar::Calendar;
use rfa::projections::rebuild::IfDifferent;
use rfa::timers::Pace;

const ROUNDS: usize = 30;
const REQUESTS: usize = 16;
const LEASE_MS: i64 = 4 * 3_600_000;
const KEEPERS: [&str; 2] = ["k.bain", "k.orr"];

/// Not every act is possible in every state, and whoever is late is told so.
async fn disturb(stage: &Stage, chance: &mut StdRng, requests: &[RequestId], now: Timestamp) {
    for request in requests {
        let request = *request;
        let reason = None;
        let ask = match chance.random_range(0..8) {
            0..3 => Ask::Claim { request, reason },
            3 => Ask::Release { request, reason },
            4 => Ask::Claim {
                request,
                reason: "away".parse().ok(),
            },
            5 => Ask::Moves {
                request,
                moves: asked("query"),
            },
            6 => Ask::Moves {
                request,
                moves: asked("reply"),
            },
            _ => continue,
        };
        let seen = stage.engine.commands.load(AUTHORITY, request).await;
        let seen = Some(seen.unwrap().state.version());
        let keeper = KEEPERS[chance.random_range(0..2)];
        drop(stage.ask(keeper, ask, seen, now).await);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_sweepers_that_are_killed_end_each_claim_once_and_never_early() {
    let mut chance = chance();
    let stage = Stage::set().await;
    let mut now = at("2026-06-01T09:30+01");
    let mut requests = Vec::new();
    for _ in 0..REQUESTS {
        requests.push(stage.wish(now).await);
    }
    let replicas = [stage.replica().await, stage.replica().await];
    let pace = Pace {
        rows_max: 10,
        at_once: 4,
        ..Pace::default()
    };
    for _ in 0..ROUNDS {
        now = after(now, chance.random_range(0..240));
        stage.read().await;
        let doomed = replicas.iter().map(|replica| {
            let polls = chance.random_range(1..200);
            tokio::spawn(Killed::after(polls, sweep_on(replica.sweeper(pace), now)))
        });
        let doomed: Vec<_> = doomed.collect();
        disturb(&stage, &mut chance, &requests, now).await;
        stage.read().await;
        for one in doomed {
            one.await.unwrap();
        }
    }
    // All that is left lapses in the end, but for what stands still.
    now = after(now, 14 * 24 * 60);
    stage.sweep(&mut replicas[0].sweeper(pace), now).await;
    let mut lapsed = 0;
    for request in &requests {
        lapsed += check(&stage, *request).await;
    }
    assert!(lapsed > 0, "no claim has lapsed");
    for projection in [PROJECTION, "request_list"] {
        stage.read().await;
        let runner = &stage.engine.runner;
        let rebuilt = runner.rebuild(projection, IfDifferent::Flip, &|_, _| {});
        assert!(rebuilt.await.unwrap().difference.is_none(), "{projection}");
    }
}

/// Follows the claims of a request by hand; how many have lapsed.
async fn check(stage: &Stage, request: RequestId) -> usize {
    let declared = stage.engine.commands.registry().of(AUTHORITY);
    let team = "carrick-team".parse().unwrap();
    let name = declared.organisation().calendar_of_team(&team);
    let calendar: &Calendar = declared.calendars().load(&name).unwrap();
    let loaded = stage
        .engine
        .commands
        .load(AUTHORITY, request)
        .await
        .unwrap();
    let (mut holder, mut ran, mut since) = (None, Vec::new(), Timestamp::MIN);
    let (mut frozen, mut lapsed) = (false, 0);
    for (recorded, event) in &loaded.events {
        let now = recorded.occurred_at;
        if !frozen && holder.is_some() {
            ran.push((since, now));
        }
        since = now;
        match event {
            RequestEvent::Act(act) => {
                frozen = act.to.as_str() == "asked";
                if act.claim == Some(ClaimEffect::Renewed) {
                    ran.clear();
                }
            }
            RequestEvent::Claimed { by, .. } => {
                assert_eq!(holder, None, "two have claimed {request}");
                (holder, ran) = (Some(by.clone()), Vec::new());
            }
            RequestEvent::Released { claimed_by, .. } => {
                assert_eq!(holder.take(), Some(claimed_by.clone()));
            }
            RequestEvent::RungRaised(_) | RequestEvent::ClockExtended(_) => {}
            RequestEvent::ClaimLapsed(of) => {
                assert_eq!(holder.take(), Some(of.claimed_by.clone()));
                assert!(!frozen, "it lapsed while it stood still");
                assert!(of.raised.due_at < now, "it was early");
                let until = ran
                    .iter()
                    .map(|(from, to)| (*from, (*to).min(of.raised.due_at)));
                let used = until.filter(|(from, to)| from < to);
                let used_ms: i64 = used
                    .map(|(from, to)| calendar.working_ms_between(from, to))
                    .sum();
                assert_eq!(used_ms, LEASE_MS);
                lapsed += 1;
            }
        }
    }
    let left = loaded.state.find().unwrap().claimed_by.clone();
    assert_eq!(left, holder);
    assert!(left.is_none() || frozen, "a claim has outlived its lease");
    lapsed
}

#[tokio::test(flavor = "multi_thread")]
async fn a_late_act_after_a_lapse_is_good_and_one_after_another_claim_is_stale() {
    let stage = Stage::set().await;
    let mut sweeper = stage.replica().await.sweeper(Pace::default());
    let mut requests = Vec::new();
    for _ in 0..2 {
        let request = stage.wish(at("2026-06-01T10:00+01")).await;
        let reason = None;
        let ask = Ask::Claim { request, reason };
        let claimed = stage.ask("k.bain", ask, None, at("2026-06-01T10:00+01"));
        assert_eq!(claimed.await.unwrap().version, 2);
        requests.push(request);
    }
    stage.sweep(&mut sweeper, at("2026-06-02T12:00+01")).await;
    let [lapsed, taken] = requests[..] else {
        panic!("{requests:?}");
    };
    let now = at("2026-06-02T12:30+01");
    stage.keep(lapsed, "query", 2, now).await.unwrap();
    let ask = Ask::Claim {
        request: taken,
        reason: None,
    };
    stage.ask("k.orr", ask, None, now).await.unwrap();
    let stale = stage.keep(taken, "query", 2, now).await;
    assert!(
        matches!(stale, Err(rfa::commands::CommandError::Stale { .. })),
        "{stale:?}"
    );
}
