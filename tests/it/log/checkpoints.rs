//! What was signed stays true: of a cut-off tail, of another history, and after a restore.

use super::*;
use rfa::log::checkpoint::{Attested, Attestor, Checkpoints, compare};
use rfa::log::epoch;
use rfa::log::note::Signer;
use rfa::log::verify::{Checkpoint, Verified, verify};
use std::path::PathBuf;

/// A folder of its own, gone with this value.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        Self(std::env::temp_dir().join(format!("rfa-{}", Uuid::new_v4())))
    }

    fn attestor(&self) -> Attestor {
        Attestor::open(signer(), Checkpoints::of(&self.0)).unwrap()
    }

    fn signed(&self) -> Vec<Checkpoint> {
        Checkpoints::of(&self.0).read(&signer().public()).unwrap()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if let Err(error) = std::fs::remove_dir_all(&self.0) {
            eprintln!("{}: {error}", self.0.display());
        }
    }
}

fn signer() -> Signer {
    Signer::parse("rfa/village", &"0b".repeat(32)).unwrap()
}

async fn append(under_test: &LogUnderTest, count: usize) {
    for _ in 0..count {
        appended(under_test.log.append(command(Uuid::new_v4(), 0, 2)).await);
    }
}

async fn sign(under_test: &LogUnderTest, attestor: &mut Attestor) -> Attested {
    let client = under_test.log.pool().get().await.unwrap();
    attestor.step(&client).await.unwrap()
}

async fn first_contradiction(
    under_test: &LogUnderTest,
    signed: &[Checkpoint],
) -> Option<(Checkpoint, Verified)> {
    let client = under_test.log.pool().get().await.unwrap();
    compare(&client, signed).await.unwrap()
}

#[tokio::test]
async fn each_step_signs_what_is_new_and_a_new_signer_goes_on() {
    let (under_test, folder) = (LogUnderTest::start().await, Folder::new());
    let mut attestor = folder.attestor();
    assert_eq!(sign(&under_test, &mut attestor).await, Attested::Nothing);
    append(&under_test, 2).await;
    assert!(matches!(
        sign(&under_test, &mut attestor).await,
        Attested::Signed(Checkpoint {
            position: Position(4),
            ..
        })
    ));
    assert_eq!(sign(&under_test, &mut attestor).await, Attested::Nothing);
    let mut after_a_restart = folder.attestor();
    assert_eq!(
        sign(&under_test, &mut after_a_restart).await,
        Attested::Nothing
    );
    append(&under_test, 1).await;
    sign(&under_test, &mut after_a_restart).await;
    let positions: Vec<i64> = folder.signed().iter().map(|one| one.position.0).collect();
    assert_eq!(positions, [4, 6]);
    assert!(
        first_contradiction(&under_test, &folder.signed())
            .await
            .is_none()
    );
}

#[tokio::test]
async fn nothing_is_signed_on_a_broken_chain() {
    let (under_test, folder) = (LogUnderTest::start().await, Folder::new());
    let mut attestor = folder.attestor();
    append(&under_test, 2).await;
    sign(&under_test, &mut attestor).await;
    append(&under_test, 2).await;
    under_test
        .tamper("update event_log.events set actor = 'x' where position = 6")
        .await;
    for _ in 0..2 {
        assert!(matches!(
            sign(&under_test, &mut attestor).await,
            Attested::Bad {
                position: Position(6),
                ..
            }
        ));
    }
    assert_eq!(folder.signed().len(), 1);
}

#[tokio::test]
async fn a_tail_that_was_cut_off_and_written_anew_contradicts_what_was_signed() {
    let (under_test, folder) = (LogUnderTest::start().await, Folder::new());
    let mut attestor = folder.attestor();
    append(&under_test, 2).await;
    sign(&under_test, &mut attestor).await;
    append(&under_test, 2).await;
    sign(&under_test, &mut attestor).await;
    under_test
        .tamper(
            "delete from event_log.events where position > 4;
             delete from event_log.appends where last_position > 4",
        )
        .await;
    let bad = |found: Option<(Checkpoint, Verified)>| match found {
        Some((at, Verified::Bad { .. })) => at.position,
        other => panic!("{other:?}"),
    };
    let found = first_contradiction(&under_test, &folder.signed()).await;
    assert_eq!(bad(found), Position(8));
    append(&under_test, 3).await;
    let client = under_test.log.pool().get().await.unwrap();
    let alone = verify(&client, None, |_| {}).await.unwrap();
    assert!(
        matches!(alone, Verified::Clean { events: 10, .. }),
        "the chain alone cannot know: {alone:?}"
    );
    let found = first_contradiction(&under_test, &folder.signed()).await;
    assert_eq!(bad(found), Position(8));
}

#[tokio::test]
async fn after_a_restore_what_was_kept_holds_and_what_was_lost_is_named() {
    let (under_test, folder) = (LogUnderTest::start().await, Folder::new());
    let mut attestor = folder.attestor();
    for _ in 0..2 {
        append(&under_test, 2).await;
        sign(&under_test, &mut attestor).await;
    }
    // As a restore to an earlier point leaves it.
    under_test
        .tamper(
            "delete from event_log.events where position > 6;
             delete from event_log.appends where last_position > 6",
        )
        .await;
    let begun = epoch::begin(&under_test.database.owner_url).await.unwrap();
    assert_eq!(begun.epoch.began_after, Position(6));
    assert_eq!(begun.before, under_test.log.epoch());

    let found = first_contradiction(&under_test, &folder.signed()).await;
    assert!(
        matches!(found, Some((Checkpoint { position: Position(8), .. }, Verified::Lost { by, .. }))
            if by == begun.epoch)
    );
    let kept = &folder.signed()[..1];
    assert!(first_contradiction(&under_test, kept).await.is_none());

    // The signer goes on from what was kept, in the new epoch.
    let anew = replica(&under_test.database.url, 10).await;
    appended(anew.append(command(Uuid::new_v4(), 0, 2)).await);
    for attestor in [&mut attestor, &mut folder.attestor()] {
        sign(&under_test, attestor).await;
    }
    let signed = folder.signed();
    assert_eq!(signed.len(), 3, "{signed:?}");
    let newest = signed.iter().find(|one| one.epoch == begun.epoch.id);
    assert_eq!(newest.unwrap().position, Position(8));
}

#[tokio::test]
async fn a_run_that_was_cut_off_goes_on_where_it_was() {
    let under_test = LogUnderTest::start().await;
    let commands = (0..90).map(|_| command(Uuid::new_v4(), 0, 50)).collect();
    for verdict in under_test.log.append_all(commands).await {
        appended(verdict);
    }
    let client = under_test.log.pool().get().await.unwrap();
    let mut places = Vec::new();
    let whole = verify(&client, None, |progress| places.push(progress)).await;
    let Verified::Clean {
        events: 4_500,
        checkpoint,
    } = whole.unwrap()
    else {
        panic!("not clean");
    };
    assert_eq!(places.len(), 3);
    for place in places {
        assert_eq!(place.head, Position(4_500));
        let from = place.checkpoint.unwrap();
        let rest = verify(&client, Some(&from), |_| {}).await.unwrap();
        let expected = Verified::Clean {
            events: 4_500 - from.position.0.unsigned_abs(),
            checkpoint: checkpoint.clone(),
        };
        assert_eq!(rest, expected);
    }
}
