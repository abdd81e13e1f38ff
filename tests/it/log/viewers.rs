//! The index by viewer when writers race with one another and with the destruction of a record.

use super::*;
use crate::support::engine::{MASTER_KEY, vault_config};
use rfa::log::vault::{IndexEntry, MasterKey, Subject, Vault};
use rfa::log::viewer_index::{IndexQuery, ViewedRequest};
use std::collections::BTreeSet;

const KIND: &str = "seemis";
const EPOCH: Uuid = Uuid::from_u128(1);

async fn vault(database: &TestDatabase) -> Vault {
    let master = MasterKey::parse(MASTER_KEY).unwrap();
    let vault = Vault::connect(&vault_config(&database.url), master).await;
    vault.unwrap()
}

/// A request that was given a number.
async fn numbered(vault: &Vault, number: &str) -> Uuid {
    let (child, request) = (Uuid::new_v4(), Uuid::now_v7());
    let entry = IndexEntry {
        kind: KIND.to_owned(),
        digest: vault.blind(AUTHORITY, KIND, number),
        child,
        request,
    };
    let subjects = [Subject::Child(child), Subject::Request(request)];
    vault.prepare(AUTHORITY, &subjects, &[entry]).await.unwrap();
    request
}

fn viewed(request: Uuid, version: i32, viewers: &[&str]) -> ViewedRequest {
    ViewedRequest {
        authority: AUTHORITY.to_owned(),
        request,
        version,
        viewers: viewers.iter().map(ToString::to_string).collect(),
    }
}

async fn found(vault: &Vault, number: &str, viewer: &str) -> BTreeSet<Uuid> {
    let digest = vault.blind(AUTHORITY, KIND, number);
    let entry = IndexQuery { kind: KIND, digest };
    let viewers = [viewer.to_owned()];
    vault.find_viewed(AUTHORITY, entry, &viewers).await.unwrap()
}

#[tokio::test]
async fn an_older_version_never_replaces_a_newer_one_and_another_epoch_begins_anew() {
    let database = Postgres::database().await;
    let vault = vault(&database).await;
    let request = numbered(&vault, "1").await;
    let keep = async |epoch, version, viewer: &str| {
        let one = [viewed(request, version, &[viewer])];
        vault.keep_viewers(epoch, &one).await.unwrap();
    };
    keep(EPOCH, 2, "team:new").await;
    keep(EPOCH, 1, "team:old").await;
    assert_eq!(found(&vault, "1", "team:new").await, [request].into());
    assert!(found(&vault, "1", "team:old").await.is_empty());
    assert!(found(&vault, "2", "team:new").await.is_empty());
    // A log that was restored is at an older version.
    keep(Uuid::from_u128(2), 1, "team:old").await;
    assert_eq!(found(&vault, "1", "team:old").await, [request].into());
    assert!(found(&vault, "1", "team:new").await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn writers_that_meet_leave_the_viewers_of_the_newest_version_alone() {
    let database = Postgres::database().await;
    let vault = vault(&database).await;
    for round in 0..10 {
        let number = round.to_string();
        let request = numbered(&vault, &number).await;
        let writers = (1..=6).map(|version| {
            let viewer = format!("team:{version}");
            let one = viewed(request, version, &[&viewer]);
            let vault = vault.clone();
            async move { vault.keep_viewers(EPOCH, &[one]).await.unwrap() }
        });
        futures::future::join_all(writers).await;
        for version in 1..=6 {
            let seen = found(&vault, &number, &format!("team:{version}")).await;
            assert_eq!(!seen.is_empty(), version == 6, "{version}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_destroyed_record_has_no_viewers_whoever_was_writing_them() {
    let database = Postgres::database().await;
    let vault = vault(&database).await;
    for round in 0..10 {
        let number = round.to_string();
        let request = numbered(&vault, &number).await;
        let one = [viewed(request, 1, &["team:carrick"])];
        let requests = [request];
        let (kept, destroyed, again) = tokio::join!(
            vault.keep_viewers(EPOCH, &one),
            vault.destroy(AUTHORITY, &[], &requests),
            vault.keep_viewers(EPOCH, &one),
        );
        kept.and(again).unwrap();
        destroyed.unwrap();
        vault.keep_viewers(EPOCH, &one).await.unwrap();
        let owner = database.connect().await;
        let left = "select request from vault.viewer_index where request = $1
            union all select request from vault.viewed_requests where request = $1";
        assert!(owner.query(left, &[&request]).await.unwrap().is_empty());
    }
}
