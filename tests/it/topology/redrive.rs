//! Sent again from the log: to whom, from where, and what could not be sent.

use super::{CARRICK, GARF};
use crate::relay::stage::{AUTHORITY, DEADLINE, Stage, drain};
use crate::relay::story::Story;
use crate::support::client::Served;
use rfa::domain::ids::{AgencyId, Authority, TeamId};
use rfa::log::Position;
use rfa::relay::redrive::{Receiver, Redrive, RedriveError, Redriven};
use std::collections::HashSet;
use std::time::Instant;
use uuid::Uuid;

const CARRICK_KEY: &str = "south-ayrshire.carrick-team.*";

async fn redrive(stage: &Stage, to: Receiver, from: i64) -> Result<Redriven, RedriveError> {
    let redrive = Redrive {
        authority: Authority::parse(AUTHORITY).unwrap(),
        to,
        from: Position(from),
    };
    let registry = stage.engine.commands.registry();
    redrive.run(registry, &stage.vhost.url).await
}

fn team(code: &str) -> Receiver {
    Receiver::Team(TeamId::parse(code).unwrap())
}

#[tokio::test]
async fn a_receiver_that_there_is_not_is_refused_with_those_that_there_are() {
    let stage = Stage::set().await;
    let said = async |to| redrive(&stage, to, 1).await.unwrap_err().to_string();
    let wrong = said(team("garff")).await;
    let start = "there is no team `garff`; did you mean `garf`? There are: ";
    assert!(wrong.starts_with(start), "{wrong}");
    assert!(
        wrong.contains("carrick-team") && wrong.contains("unrouted"),
        "{wrong}"
    );
    let wrong = said(Receiver::Agency(AgencyId::parse("nhz").unwrap())).await;
    assert!(
        wrong.contains("no agency `nhz`") && wrong.contains("`nhs`"),
        "{wrong}"
    );
    let elsewhere = Redrive {
        authority: Authority::parse("north-ayrshire").unwrap(),
        to: Receiver::Restricted,
        from: Position(1),
    };
    let registry = stage.engine.commands.registry();
    let wrong = elsewhere.run(registry, &stage.vhost.url).await.unwrap_err();
    assert!(matches!(wrong, RedriveError::NoAuthority(_)), "{wrong}");
}

#[tokio::test]
async fn a_position_beyond_the_end_of_the_log_is_refused_with_where_it_ends() {
    let stage = Stage::set().await;
    let head = stage.engine.log.head().await.unwrap();
    let last = redrive(&stage, team("garf"), head.0).await.unwrap();
    assert_eq!(last, Redriven::default());
    let wrong = redrive(&stage, team("garf"), head.0 + 1).await.unwrap_err();
    assert!(matches!(wrong, RedriveError::Beyond { .. }), "{wrong}");
    assert!(
        wrong.to_string().contains(&format!("ends at {head}")),
        "{wrong}"
    );
}

#[tokio::test]
async fn where_a_queue_fills_it_is_said_from_where_to_go_on() {
    let stage = Stage::set().await;
    let mut lane = stage.ordinary().await;
    let stories: Vec<Story> = (0..40).map(|_| Story::of("carrick-team")).collect();
    stage.append_many(&stories, 2).await;
    drain(&mut lane).await;
    let first: HashSet<Uuid> = ids(&stage).await;
    assert_eq!(first.len(), 80);
    stage.delete_queue(CARRICK).await;
    stage.declare_for_one(CARRICK).await;
    stage.bind(CARRICK, "rfa.events", CARRICK_KEY).await;

    let (mut from, mut received, started) = (1, HashSet::new(), Instant::now());
    loop {
        assert!(started.elapsed() < DEADLINE, "from {from} on");
        let redriven = redrive(&stage, team("carrick-team"), from).await.unwrap();
        let names: Vec<&str> = redriven
            .mismatches
            .iter()
            .map(|m| m.name.as_str())
            .collect();
        assert_eq!(names, [CARRICK]);
        received.extend(ids(&stage).await);
        let Some(untaken) = redriven.first_untaken else {
            break;
        };
        assert!(redriven.untaken > 0 && untaken.0 >= from, "{redriven:?}");
        from = untaken.0;
    }
    assert_eq!(received, first);
    assert!(stage.is_empty(GARF).await);
}

async fn ids(stage: &Stage) -> HashSet<Uuid> {
    let received = stage.consume_all(CARRICK).await;
    received.iter().map(|message| message.id).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_program_refuses_what_nobody_would_get_and_says_why() {
    let served = Served::start().await;
    for (to, from, why) in [
        (["--team", "garff"], "1", "did you mean `garf`?"),
        (["--agency", "garf"], "1", "no agency `garf`"),
        (["--team", "garf"], "999999", "the log ends at"),
        (["--team", "garf"], "0", "no position"),
        (["--team", "garf"], "9-1", "another epoch"),
    ] {
        let arguments = ["topology", "redrive", to[0], to[1], "--from", from];
        let (went_well, said) = served.run(&arguments).await;
        assert!(!went_well && said.contains(why), "{arguments:?}: {said}");
    }
}
