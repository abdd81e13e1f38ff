//! Keys, what they open, and what is left when they are gone.

use super::*;
use crate::support::engine::{MASTER_KEY, vault_config};
use rfa::log::vault::{Binding, IndexEntry, MasterKey, Subject, Vault, VaultError};
use tokio::task::JoinSet;

async fn vault(database: &TestDatabase, master_key: &str) -> Vault {
    try_vault(database, master_key).await.unwrap()
}

async fn try_vault(database: &TestDatabase, master_key: &str) -> Result<Vault, VaultError> {
    let master = MasterKey::parse(master_key).unwrap();
    Vault::connect(&vault_config(&database.url), master).await
}

const STREAM: Uuid = Uuid::from_u128(1);

fn place(version: i32) -> Binding<'static> {
    Binding {
        authority: AUTHORITY,
        stream: STREAM,
        version,
        event_type: "request-sent",
    }
}

#[tokio::test]
async fn a_sealed_part_opens_at_its_own_place_only() {
    let database = Postgres::database().await;
    let vault = vault(&database, MASTER_KEY).await;
    let subjects = [Subject::Child(Uuid::new_v4()), Subject::Request(STREAM)];
    let keys = vault.prepare(AUTHORITY, &subjects, &[]).await.unwrap();
    let part = vault.seal(keys[0], place(1), b"invented").await.unwrap();
    assert!(!part.bytes.windows(8).any(|window| window == b"invented"));
    let opened = vault.open(&part, place(1)).await.unwrap();
    assert_eq!(opened.as_deref(), Some(&b"invented"[..]));

    let moved = [
        place(2),
        Binding {
            authority: "east-ayrshire",
            ..place(1)
        },
        Binding {
            stream: Uuid::from_u128(2),
            ..place(1)
        },
        Binding {
            event_type: "question-asked",
            ..place(1)
        },
    ];
    for elsewhere in moved {
        let opened = vault.open(&part, elsewhere).await;
        assert_eq!(opened, Err(VaultError::NotAuthentic), "{elsewhere:?}");
    }
    let under_another_key = SealedPart {
        key: keys[1],
        ..part
    };
    let opened = vault.open(&under_another_key, place(1)).await;
    assert_eq!(opened, Err(VaultError::NotAuthentic));
}

#[tokio::test]
async fn commands_that_meet_share_one_key() {
    let database = Postgres::database().await;
    let vault = vault(&database, MASTER_KEY).await;
    for _ in 0..10 {
        let child = Subject::Child(Uuid::new_v4());
        let mut twins = JoinSet::new();
        for _ in 0..4 {
            let vault = vault.clone();
            twins.spawn(async move { vault.prepare(AUTHORITY, &[child], &[]).await.unwrap() });
        }
        let keys = twins.join_all().await;
        assert!(keys.iter().all(|key| key == &keys[0]), "{keys:?}");
    }
}

#[tokio::test]
async fn a_destroyed_key_opens_nothing_and_is_not_made_anew() {
    let database = Postgres::database().await;
    let writer = vault(&database, MASTER_KEY).await;
    let child = Subject::Child(Uuid::new_v4());
    let keys = writer.prepare(AUTHORITY, &[child], &[]).await.unwrap();
    let part = writer.seal(keys[0], place(1), b"invented").await.unwrap();
    database
        .connect()
        .await
        .batch_execute("update vault.keys set wrapped = null, destroyed_at = now()")
        .await
        .unwrap();
    // Another replica: the first may use the key for as long as its cache keeps it.
    let other = vault(&database, MASTER_KEY).await;
    assert_eq!(other.open(&part, place(1)).await, Ok(None));
    assert_eq!(other.find_keys(AUTHORITY, &[child]).await, Ok(vec![None]));
    let again = other.prepare(AUTHORITY, &[child], &[]).await;
    assert_eq!(again, Err(VaultError::Destroyed));
}

#[tokio::test]
async fn another_master_key_is_named_as_the_reason() {
    let database = Postgres::database().await;
    let subject = Subject::Request(STREAM);
    let writer = vault(&database, MASTER_KEY).await;
    writer.prepare(AUTHORITY, &[subject], &[]).await.unwrap();
    let wrong = try_vault(&database, &"ff".repeat(32)).await.err();
    assert_eq!(wrong, Some(VaultError::WrongMasterKey));
    assert_ne!(
        writer.blind(AUTHORITY, "name", "invented"),
        writer.blind("east-ayrshire", "name", "invented"),
        "two authorities cannot compare their children"
    );
}

#[tokio::test]
async fn a_reference_means_one_request_and_a_name_may_be_shared() {
    let database = Postgres::database().await;
    let vault = vault(&database, MASTER_KEY).await;
    let entry = |kind: &str, request| IndexEntry {
        kind: kind.to_owned(),
        digest: vault.blind(AUTHORITY, kind, "same"),
        child: Uuid::from_u128(9),
        request,
    };
    let (one, other) = (Uuid::new_v4(), Uuid::new_v4());
    let prepare = |request, entries: Vec<IndexEntry>| {
        let vault = vault.clone();
        async move {
            vault
                .prepare(AUTHORITY, &[Subject::Request(request)], &entries)
                .await
        }
    };
    prepare(one, vec![entry("name", one), entry("reference", one)])
        .await
        .unwrap();
    prepare(other, vec![entry("name", other)]).await.unwrap();
    let taken = prepare(other, vec![entry("reference", other)]).await;
    assert_eq!(taken, Err(VaultError::Taken));
    assert_eq!(
        vault.find_same(AUTHORITY, one, &["link"]).await.unwrap(),
        [other]
    );
}

#[tokio::test]
async fn a_new_master_key_opens_everything_and_the_old_one_nothing() {
    let database = Postgres::database().await;
    let subjects: Vec<Subject> = (0..2_500)
        .map(|n| Subject::Child(Uuid::from_u128(n)))
        .collect();
    let before = vault(&database, MASTER_KEY).await;
    let keys = before.prepare(AUTHORITY, &subjects, &[]).await.unwrap();
    let part = before.seal(keys[7], place(1), b"invented").await.unwrap();
    let digest = before.blind(AUTHORITY, "name", "invented");
    let fingerprint = before.fingerprint(AUTHORITY, b"command");

    let new_key = "fe".repeat(32);
    let during = vault(&database, &format!("{new_key}\n{MASTER_KEY}")).await;
    // A replica that has not heard of it yet goes on meanwhile.
    let late = Subject::Child(Uuid::from_u128(9_999));
    before.prepare(AUTHORITY, &[late], &[]).await.unwrap();
    let rotated = during.rewrap(|_| {}).await.unwrap();
    assert_eq!((rotated.rewrapped, rotated.kept), (2_502, 0));
    let again = during.rewrap(|_| {}).await.unwrap();
    assert_eq!((again.rewrapped, again.kept), (0, 2_502));

    let after = vault(&database, &new_key).await;
    let opened = after.open(&part, place(1)).await.unwrap();
    assert_eq!(opened.as_deref(), Some(&b"invented"[..]));
    assert_eq!(after.blind(AUTHORITY, "name", "invented"), digest);
    assert_eq!(after.fingerprint(AUTHORITY, b"command"), fingerprint);
    assert_eq!(
        try_vault(&database, MASTER_KEY).await.err(),
        Some(VaultError::WrongMasterKey)
    );
}

#[tokio::test]
async fn a_rotation_brings_no_destroyed_key_back() {
    let database = Postgres::database().await;
    let (child, kept) = (Uuid::new_v4(), Uuid::new_v4());
    let before = vault(&database, MASTER_KEY).await;
    let subjects = [Subject::Child(child), Subject::Child(kept)];
    before.prepare(AUTHORITY, &subjects, &[]).await.unwrap();
    before.destroy(AUTHORITY, &[child], &[]).await.unwrap();
    let during = vault(&database, &format!("{} {MASTER_KEY}", "fe".repeat(32))).await;
    during.rewrap(|_| {}).await.unwrap();
    assert_eq!(during.count_living(AUTHORITY, &subjects).await, Ok(1));
    let again = during.prepare(AUTHORITY, &subjects[..1], &[]).await;
    assert_eq!(again, Err(VaultError::Destroyed));
}

/// Before the vault had a root of its own, digests were made from the master key.
#[tokio::test]
async fn an_older_vault_keeps_its_digests() {
    let database = Postgres::database().await;
    let before = vault(&database, MASTER_KEY).await;
    let child = Subject::Child(Uuid::new_v4());
    before.prepare(AUTHORITY, &[child], &[]).await.unwrap();
    let owner = database.connect().await;
    owner.batch_execute("delete from vault.root").await.unwrap();
    let key = format!("{} {MASTER_KEY}", "fe".repeat(32));
    let rotating = vault(&database, &key).await;
    let of_it = rotating.blind(AUTHORITY, "name", "invented");
    owner.batch_execute("delete from vault.root").await.unwrap();
    let settled = vault(&database, MASTER_KEY).await;
    assert_eq!(settled.blind(AUTHORITY, "name", "invented"), of_it);
}
