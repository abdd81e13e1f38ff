//! Requests that a replica remembers: quicker, and never another verdict.

use crate::timers::stage::{AUTHORITY, Replica, Stage, after, asked, at, command, person};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use rfa::commands::{Ask, CommandError, Commands, Receipt};
use rfa::domain::ids::RequestId;

const NOW: &str = "2026-06-01T10:00+01";

async fn make(
    commands: &Commands,
    request: RequestId,
    name: &str,
    seen: i32,
) -> Result<Receipt, CommandError> {
    let ask = match name {
        "claim" => Ask::Claim {
            request,
            reason: None,
        },
        "release" => Ask::Release {
            request,
            reason: None,
        },
        name => Ask::Moves {
            request,
            moves: asked(name),
        },
    };
    let command = command(person("k.bain", "keeper"), ask, Some(seen));
    commands.execute(command, after(at(NOW), 5)).await
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_remembered_is_decided_about_without_reading_the_log() {
    let stage = Stage::set().await;
    let commands = &stage.engine.commands;
    let (request, unread) = (stage.wish(at(NOW)).await, stage.wish(at(NOW)).await);
    make(commands, request, "query", 1).await.unwrap();
    let owner = stage.engine.database.connect().await;
    let blind = "revoke select on event_log.events from rfa_app";
    owner.batch_execute(blind).await.unwrap();
    for (name, seen) in [("reply", 2), ("query", 3), ("lend", 4)] {
        let receipt = make(commands, request, name, seen).await.unwrap();
        assert_eq!(receipt.version, seen + 1);
    }
    let cold = make(commands, unread, "query", 1).await;
    assert!(
        matches!(cold, Err(CommandError::Unavailable { .. })),
        "{cold:?}"
    );
    let seeing = "grant select on event_log.events to rfa_app";
    owner.batch_execute(seeing).await.unwrap();
    let loaded = commands.load(AUTHORITY, request).await.unwrap();
    let versions = loaded.events.iter().map(|(event, _)| event.version);
    assert_eq!(versions.collect::<Vec<i32>>(), [1, 2, 3, 4, 5]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_another_replica_has_done_is_seen_before_anything_is_refused() {
    let stage = Stage::set().await;
    let (here, there) = (stage.replica().await, stage.replica().await);
    let (here, there) = (&here.commands, &there.commands);
    let request = stage.wish(at(NOW)).await;
    make(here, request, "query", 1).await.unwrap();
    make(there, request, "reply", 2).await.unwrap();
    // Here the request is remembered as it was at 2: queried, and waiting for a reply.
    let again = make(here, request, "query", 3).await.unwrap();
    assert_eq!(again.version, 4);
    let reply = make(there, request, "reply", 4).await.unwrap();
    assert_eq!(reply.version, 5);
    // Somebody who has seen what is remembered here, and not what happened since.
    let stale = make(here, request, "reply", 4).await.unwrap_err();
    assert!(
        matches!(
            stale,
            CommandError::Stale {
                expected: 4,
                actual: 5
            }
        ),
        "{stale:?}"
    );
    // Remembered as claimed already, which would be nothing to do.
    make(here, request, "claim", 5).await.unwrap();
    make(there, request, "release", 6).await.unwrap();
    let claim = make(here, request, "claim", 7).await.unwrap();
    assert_eq!((claim.version, claim.duplicate), (8, false));
}

/// What can be told of a verdict, whichever request it is about.
fn told(verdict: Result<Receipt, CommandError>) -> String {
    match verdict {
        Ok(receipt) => format!("{} {}", receipt.version, receipt.duplicate),
        Err(error) => error.to_string(),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn replicas_that_remember_give_the_verdicts_of_one_that_does_not() {
    let stage = Stage::set().await;
    let replicas: [Replica; 2] = [stage.replica().await, stage.replica().await];
    let (warm, cold) = (stage.wish(at(NOW)).await, stage.wish(at(NOW)).await);
    let seed = rand::random();
    println!("seed {seed}");
    let mut chance = StdRng::seed_from_u64(seed);
    let mut version = 1;
    let mut accepted = 0;
    for _ in 0..60 {
        let name = ["query", "reply", "claim", "release"][chance.random_range(0..4)];
        let seen = (version - chance.random_range(0..2)).max(1);
        let replica = &replicas[chance.random_range(0..2)];
        // Remembers nothing, because it was made just now.
        let forgetful = stage.replica().await;
        let expected = make(&forgetful.commands, cold, name, seen).await;
        let found = make(&replica.commands, warm, name, seen).await;
        if let Ok(receipt) = &found {
            accepted += usize::from(receipt.version > version);
            version = receipt.version;
        }
        assert_eq!(told(found), told(expected), "{name} of {seen}");
    }
    assert!(accepted > 10, "{accepted}");
}
