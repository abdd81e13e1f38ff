//! Histories as they were once written: they are read for ever, and fold to what they always did.
//!
//! `tests/golden/vN/*.jsonl` are histories of schema version N, invented; `folds.txt` beside them
//! says what each comes to. A line is only ever added.

use rfa::domain::request::codec;
use rfa::domain::request::event::RequestEvent;
use rfa::domain::request::state::RequestState;
use rfa::domain::workflow::schema::canonical;
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

#[derive(Deserialize)]
struct Stored<'a> {
    event_type: String,
    schema_version: i16,
    #[serde(borrow)]
    body: &'a RawValue,
}

fn folders() -> Vec<PathBuf> {
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
    let mut folders: Vec<PathBuf> = std::fs::read_dir(golden)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    folders.sort_unstable();
    folders
}

fn histories(folder: &Path) -> BTreeMap<String, Vec<RequestEvent>> {
    let mut histories = BTreeMap::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|end| end == "jsonl") {
            let text = std::fs::read_to_string(&path).unwrap();
            let events = text.lines().map(|line| read(&path, line)).collect();
            let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
            histories.insert(name, events);
        }
    }
    histories
}

fn read(path: &Path, line: &str) -> RequestEvent {
    let stored: Stored<'_> = serde_json::from_str(line).unwrap();
    codec::decode(
        &stored.event_type,
        stored.schema_version,
        stored.body.get().as_bytes(),
    )
    .unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// What a request is after each of its events, in words of this test: names in the code may change,
/// and what a later build adds is no part of it; that build's own histories have it.
fn fold(events: &[RequestEvent]) -> String {
    let mut hasher = Sha256::new();
    let mut state = RequestState::default();
    for event in events {
        state.evolve(event);
        let request = state.find().expect("the first event opens");
        let meaning = json!({
            "opening": request.opening,
            "state": request.state,
            "owner": request.owner,
            "requester": request.requester,
            "agency": request.agency,
            "worker": request.worker,
            "decider": request.decider,
            "claimed_by": request.claimed_by,
            "concern_open": request.is_concern_open(),
            "raised": request.raised,
            "version": request.version,
        });
        hasher.update(canonical(&json!([event.name(), meaning])));
        hasher.update(b"\n");
    }
    let digest = hasher.finalize();
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn every_history_folds_to_what_it_always_did() {
    for folder in folders() {
        let kept = std::fs::read_to_string(folder.join("folds.txt")).unwrap_or_default();
        let found: String = histories(&folder)
            .iter()
            .map(|(name, events)| format!("{name} {}\n", fold(events)))
            .collect();
        assert_eq!(kept, found, "{}", folder.display());
    }
}

#[test]
fn the_histories_have_every_kind_of_event_and_every_field_that_is_stored() {
    let mut kinds = BTreeSet::new();
    let mut fields = BTreeSet::new();
    for events in folders().iter().flat_map(|folder| histories(folder)) {
        for event in events.1 {
            let written = codec::encode(&event).unwrap();
            let body: Map<String, Value> = serde_json::from_slice(&written).unwrap();
            kinds.insert(body["kind"].as_str().unwrap().to_owned());
            fields.extend(body.into_iter().map(|(name, _)| name));
        }
    }
    let expected = ["act", "claim-lapsed", "claimed", "released", "rung-raised"];
    assert_eq!(kinds, expected.map(str::to_owned).into());
    for field in [
        "because",
        "left_team",
        "cover",
        "requester",
        "worker",
        "decided_by",
        "hand_over",
        "opening",
        "agency",
        "coded",
        "not_before",
        "missed",
        "tell",
        "claimed_by",
    ] {
        assert!(fields.contains(field), "no history has `{field}`");
    }
}

#[test]
fn a_fold_sees_every_event() {
    let histories = histories(&folders()[0]);
    let events = &histories["every-kind"];
    let whole = fold(events);
    for at in 1..events.len() {
        let mut without = events.clone();
        without.remove(at);
        assert_ne!(fold(&without), whole, "event {at}");
    }
}
