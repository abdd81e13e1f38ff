//! Publication: all of a folder or nothing, never backwards, and for ever readable.

use crate::support::WorkflowFiles;
use crate::support::engine::{Engine, now};
use rfa::commands::{PublishError, publish, read_folder};
use rfa::domain::declared::{Declared, WORKFLOW_PUBLISHED};
use rfa::domain::ids::Authority;
use rfa::domain::workflow::schema::canonical;
use serde_json::Value;
use sha2::{Digest, Sha256};

const AUTHORITY: &str = "south-ayrshire";
const ORGANISATION: &str = "organisation/south-ayrshire.yaml";

async fn published(engine: &Engine, files: &WorkflowFiles) -> Result<usize, PublishError> {
    let authority = Authority::parse(AUTHORITY).unwrap();
    let declarations = read_folder(files.folder(), &authority).unwrap();
    let registry = engine.commands.registry();
    publish(registry, &authority, declarations, "test", now()).await
}

#[tokio::test]
async fn a_folder_with_one_edited_version_changes_nothing() {
    let engine = Engine::start().await;
    let files = WorkflowFiles::copied("edited-version");
    published(&engine, &files).await.unwrap();
    let before = engine.log.head().await.unwrap();
    files.change(
        ORGANISATION,
        "title: South Ayrshire",
        "title: The South Ayrshire",
    );
    files.change(
        "request-for-assistance/v1.yaml",
        "\ntitle: ",
        "\ntitle: Another ",
    );
    let refused = published(&engine, &files).await.unwrap_err();
    assert!(matches!(refused, PublishError::Edited { .. }), "{refused}");
    assert_eq!(engine.log.head().await.unwrap(), before);
}

#[tokio::test]
async fn files_of_a_lower_revision_do_not_come_back() {
    let engine = Engine::start().await;
    let (newer, older) = (
        WorkflowFiles::copied("newer-revision"),
        WorkflowFiles::copied("older-revision"),
    );
    newer.change(
        ORGANISATION,
        "revision: 1\ntitle: ",
        "revision: 2\ntitle: The ",
    );
    let calendar = "calendars/south-ayrshire-council.yaml";
    newer.change(calendar, "revision: 1\ntitle: ", "revision: 3\ntitle: The ");
    published(&engine, &older).await.unwrap();
    assert_eq!(published(&engine, &newer).await.unwrap(), 2);
    let before = engine.log.head().await.unwrap();
    let refused = published(&engine, &older).await.unwrap_err().to_string();
    let said = "`south-ayrshire-council` has revision 1 here, and 3 is in force";
    assert!(refused.starts_with(said), "{refused}");
    assert_eq!(engine.log.head().await.unwrap(), before);
    assert_eq!(published(&engine, &newer).await.unwrap(), 0);
}

#[tokio::test]
async fn what_another_build_wrote_in_other_words_is_not_published_again() {
    let engine = Engine::start().await;
    engine.publish_folder(AUTHORITY).await;
    let owner = engine.database.connect().await;
    let guards = "alter table event_log.events disable trigger all";
    owner.batch_execute(guards).await.unwrap();
    for (kind, ours, theirs) in [
        ("calendar", "{\"format\":1,", "{\"format\":1,\"layers\":[],"),
        ("workflow", "\"waiting\":false,", ""),
    ] {
        let bodies = "select position, convert_from(body, 'UTF8') from event_log.events \
                      where stream_kind = $1 and convert_from(body, 'UTF8') not like '%layers%'";
        let bodies = owner.query(bodies, &[&kind]).await.unwrap();
        assert!(!bodies.is_empty());
        for row in bodies {
            let (position, body): (i64, String) = (row.get(0), row.get(1));
            assert!(body.contains(ours));
            let body = body.replacen(ours, theirs, 1).into_bytes();
            let write = "update event_log.events set body = $2 where position = $1";
            owner.execute(write, &[&position, &body]).await.unwrap();
        }
    }
    assert_eq!(engine.publish_folder(AUTHORITY).await, 0);
}

#[tokio::test]
async fn a_calendar_with_a_cover_outlives_its_cover() {
    let engine = Engine::start().await;
    engine.publish_folder(AUTHORITY).await;
    let in_force = engine.commands.registry().of(AUTHORITY);
    let covered = in_force.organisation().covered_calendars().next().unwrap();
    let files = WorkflowFiles::copied("no-cover");
    let path = files.folder().join(ORGANISATION);
    let text = std::fs::read_to_string(&path).unwrap();
    let (before, rest) = text.split_once("\ncovers:\n").unwrap();
    let after = rest.find("\n\n").unwrap();
    std::fs::write(&path, format!("{before}{}", &rest[after..])).unwrap();
    assert_eq!(published(&engine, &files).await.unwrap(), 1);
    let in_force = engine.commands.registry().of(AUTHORITY);
    assert_eq!(in_force.organisation().covered_calendars().count(), 0);
    assert!(in_force.calendars().load(&covered.name).is_ok());
}

/// Version 1 of the shipped workflow as it was stored when it was first published: requests are
/// pinned to its hash, so neither may ever change.
const STORED: &[u8] = include_bytes!("../workflows/stored/request-for-assistance-v1.json");
const STORED_HASH: &str = "fb80e87902df5155f1a149d50286c9166d2e88be8f4efef060f8be90a008dc08";

fn hash_in_force(body: &[u8]) -> String {
    let mut declared = Declared::default();
    declared.apply(1, WORKFLOW_PUBLISHED, body).unwrap();
    let workflow = declared.workflows().next().unwrap();
    assert!(declared.find_workflow(&workflow.hash).is_some());
    workflow.hash.to_string()
}

#[test]
fn a_definition_that_was_stored_once_keeps_its_hash() {
    assert_eq!(hash_in_force(STORED), STORED_HASH);
}

#[test]
fn the_hash_of_a_definition_is_that_of_its_stored_body() {
    let mut body: Value = serde_json::from_slice(STORED).unwrap();
    // As a build stored it that did not know of this field.
    let state = body["states"]["sent"].as_object_mut().unwrap();
    assert!(state.remove("waiting").is_some());
    let digest = Sha256::digest(canonical(&body));
    let digits: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(hash_in_force(&serde_json::to_vec(&body).unwrap()), digits);
}
