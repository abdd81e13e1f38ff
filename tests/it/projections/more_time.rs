//! More time for a clock, given by the team's lead.

use super::AUTHORITY;
use crate::support::client::example;
use crate::support::engine::Engine;
use jiff::{SignedDuration, Timestamp};
use rfa::commands::{Ask, AskedMove, Command, Provenance, Receipt};
use rfa::domain::ids::{Authority, MoveName, RequestId};
use rfa::domain::request::actor::Principal;
use rfa::log::Position;
use rfa::projections::response_times::answer::query_known;
use rfa::projections::response_times::known::Known;
use rfa::projections::response_times::{Question, query};
use rfa::simulate::cast::Cast;
use rfa::simulate::choice::{Asker, Chance};
use uuid::Uuid;

async fn done(engine: &Engine, actor: &Principal, ask: Ask, at: Timestamp) -> Receipt {
    let if_match = matches!(ask, Ask::Extend { .. }).then_some(1);
    let command = Command {
        authority: Authority::parse(AUTHORITY).unwrap(),
        actor: actor.clone(),
        on_behalf_of: None,
        key: Uuid::new_v4().to_string(),
        ask,
        if_match,
        occurred_at: Some(at),
        provenance: Provenance::Synthetic,
        correlation: Uuid::new_v4(),
        causation: None,
    };
    engine.commands.execute(command, at).await.unwrap()
}

/// A request that is sent at a moment.
pub(super) async fn sent(engine: &Engine, at: Timestamp) -> RequestId {
    let cast = Cast::of(engine.commands.registry().of(AUTHORITY).organisation());
    let requester = cast.requester(Asker::HealthVisitor, None, &mut Chance::new(1));
    let opening = AskedMove {
        move_name: MoveName::parse("send").unwrap(),
        data: example("send"),
    };
    let ask = Ask::Open {
        workflow: "request-for-assistance".parse().unwrap(),
        moves: vec![opening],
    };
    done(engine, requester.unwrap(), ask, at).await.request_id
}

/// For its decision, a little later.
pub(super) async fn given(engine: &Engine, request: RequestId, at: Timestamp) {
    let cast = Cast::of(engine.commands.registry().of(AUTHORITY).organisation());
    let loaded = engine.commands.load(AUTHORITY, request).await.unwrap();
    let team = &loaded.state.find().unwrap().owner.team;
    let ask = Ask::Extend {
        request,
        clock: "decide".parse().unwrap(),
        by: "3wd".parse().unwrap(),
        reason: "family-away".parse().unwrap(),
    };
    let at = at.saturating_add(SignedDuration::from_hours(1)).unwrap();
    done(engine, cast.leader(team).unwrap(), ask, at).await;
}

async fn extended(engine: &Engine, known_at: Option<Position>) -> usize {
    let (pool, log) = (engine.log.pool(), &engine.log);
    let question = Question::whole(
        AUTHORITY,
        "request-for-assistance".parse().unwrap(),
        "2026-12-31T00:00:00Z".parse().unwrap(),
    );
    let answer = match known_at {
        Some(position) => {
            let known = Known::at(pool, log, &question, position).await.unwrap();
            query_known(pool, &known, &question).await
        }
        None => query(pool, &engine.commands.registry().of(AUTHORITY), &question).await,
    };
    answer.unwrap().clocks.iter().map(|one| one.extended).sum()
}

#[tokio::test(flavor = "multi_thread")]
async fn more_time_is_not_known_before_it_was_given() {
    let engine = super::worked(1).await;
    let at: Timestamp = "2026-06-01T09:00:00Z".parse().unwrap();
    let request = sent(&engine, at).await;
    let before = engine.log.head().await.unwrap();
    given(&engine, request, at).await;
    engine.runner.run_until_idle().await.unwrap();
    assert_eq!(extended(&engine, None).await, 1);
    assert_eq!(extended(&engine, Some(before)).await, 0);
}
