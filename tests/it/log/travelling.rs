//! Keys that travel with an append: both are there, or neither.

use super::*;
use crate::support::engine::{MASTER_KEY, vault_config};
use rfa::log::NewKeys;
use rfa::log::vault::{IndexEntry, MasterKey, Subject, Vault};

struct Sender {
    vault: Vault,
}

impl Sender {
    async fn of(database: &TestDatabase) -> Self {
        let master = MasterKey::parse(MASTER_KEY).unwrap();
        let vault = Vault::connect(&vault_config(&database.url), master)
            .await
            .unwrap();
        Self { vault }
    }

    /// An opening command whose request people call by `reference`.
    fn opening(&self, reference: &str) -> Append {
        let (child, request) = (Uuid::new_v4(), Uuid::new_v4());
        let index = IndexEntry {
            kind: "reference".to_owned(),
            digest: self.vault.blind(AUTHORITY, "reference", reference),
            child,
            request,
        };
        let subjects = [Subject::Child(child), Subject::Request(request)];
        let keys: NewKeys = self.vault.draw(AUTHORITY, &subjects, vec![index]).unwrap();
        Append {
            keys: Some(keys),
            ..command(request, 0, 1)
        }
    }
}

async fn rows(database: &TestDatabase, table: &str) -> i64 {
    let count = format!("select count(*) from {table}");
    let owner = database.connect().await;
    owner.query_one(&count, &[]).await.unwrap().get(0)
}

#[tokio::test]
async fn keys_and_index_are_stored_with_the_events() {
    let LogUnderTest { log, database } = LogUnderTest::start().await;
    let sender = Sender::of(&database).await;
    assert!(sender.vault.shares_database(&log));
    appended(log.append(sender.opening("AAAA")).await);
    let many = ["BBBB", "CCCC", "DDDD"].map(|reference| sender.opening(reference));
    for verdict in log.append_all(many.into()).await {
        appended(verdict);
    }
    assert_eq!(rows(&database, "event_log.events").await, 4);
    assert_eq!(rows(&database, "vault.keys").await, 8);
    assert_eq!(rows(&database, "vault.blind_index").await, 4);
}

#[tokio::test]
async fn a_reference_that_is_taken_stops_its_own_command_only() {
    let LogUnderTest { log, database } = LogUnderTest::start().await;
    let sender = Sender::of(&database).await;
    appended(log.append(sender.opening("AAAA")).await);
    let many = ["BBBB", "AAAA", "CCCC"].map(|reference| sender.opening(reference));
    let verdicts = log.append_all(many.into()).await;
    let taken: Vec<bool> = verdicts
        .iter()
        .map(|verdict| matches!(verdict, Err(AppendError::Taken)))
        .collect();
    assert_eq!(taken, [false, true, false], "{verdicts:?}");
    assert_eq!(rows(&database, "event_log.events").await, 3);
    assert_eq!(rows(&database, "vault.keys").await, 6);
}

/// What a command alone is told, it is told in company as well.
#[tokio::test]
async fn a_command_has_the_same_verdict_alone_and_in_a_batch() {
    let LogUnderTest {
        log,
        database: _kept,
    } = LogUnderTest::start().await;
    let known = command(Uuid::new_v4(), 0, 1);
    let first = appended(log.append(known.clone()).await);
    let asked = || {
        let other = Append {
            fingerprint: [8; 16],
            ..known.clone()
        };
        let stale = command(known.stream, 0, 1);
        [known.clone(), other, stale]
    };
    let mut alone = Vec::new();
    for one in asked() {
        alone.push(log.append(one).await.unwrap());
    }
    // Two events: these go the way of many.
    let pairs = asked().map(|one| Append {
        events: [one.events.clone(), one.events.clone()].concat(),
        ..one
    });
    let mut together = Vec::new();
    for one in pairs {
        together.push(log.append(one).await.unwrap());
    }
    let expected = [
        Verdict::Duplicate(first),
        Verdict::Reused,
        Verdict::Conflict { actual: 1 },
    ];
    assert_eq!(alone, expected);
    assert_eq!(together, expected);
}
