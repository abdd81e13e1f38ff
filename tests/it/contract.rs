//! What partners build on: the published descriptions are what the code makes, every message fits
//! them, and what was promised once stays.

use crate::projections::worked;
use crate::support::client::Served;
use rfa::domain::request::codec;
use rfa::domain::request::event::RequestEvent;
use rfa::log::{Position, StreamKind};
use rfa::relay::asyncapi;
use rfa::relay::contract::{EVENT_SCHEMA, STUB_SCHEMA, schemas};
use rfa::relay::message::{Lane, Origin, messages};
use serde_json::{Value, json};
use std::collections::{BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use uuid::Uuid;

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: &Path) -> Value {
    let text = std::fs::read_to_string(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    serde_json::from_str(&text).unwrap()
}

#[test]
fn the_published_descriptions_are_what_the_code_makes() {
    let folder = root().join("docs/messages");
    let again = "make them again: rfa messages --write docs/messages";
    assert_eq!(
        read(&folder.join("asyncapi.json")),
        asyncapi::document(),
        "{again}"
    );
    for (name, schema) in schemas() {
        let file = folder.join(format!("{name}.schema.json"));
        assert_eq!(read(&file), schema, "{name}: {again}");
    }
    let openapi = serde_json::to_value(rfa::api::openapi::whole()).unwrap();
    assert_eq!(
        read(&root().join("docs/openapi.json")),
        openapi,
        "make it again: rfa openapi > docs/openapi.json"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_descriptions_are_served_to_whoever_asks() {
    let served = Served::start().await;
    let get = async |path: &str| {
        let answer = reqwest::get(format!("{}{path}", served.process.http)).await;
        let answer = answer.unwrap();
        (
            answer.status().as_u16(),
            answer.json::<Value>().await.unwrap(),
        )
    };
    assert_eq!(get("/asyncapi.json").await, (200, asyncapi::document()));
    for (name, schema) in schemas() {
        assert_eq!(get(&format!("/schemas/{name}")).await, (200, schema));
    }
    assert_eq!(get("/schemas/event-9").await.0, 404);
}

/// With nothing allowed that is not described.
fn closed(name: &str) -> jsonschema::Validator {
    let mut schema = schemas().remove(name).unwrap();
    schema["unevaluatedProperties"] = json!(false);
    let options = jsonschema::options().should_validate_formats(true);
    options.build(&schema).unwrap()
}

/// What both lanes say of an invented year, of both exchanges.
pub(crate) async fn all_messages(requests: usize) -> Vec<Value> {
    let engine = worked(requests).await;
    let log = engine.log.read_after(Position(0), 1_000_000).await.unwrap();
    let mut origins: HashMap<Uuid, Origin> = HashMap::new();
    let mut told = Vec::new();
    for recorded in log {
        if recorded.stream_kind != StreamKind::Request {
            continue;
        }
        let (name, version) = (&recorded.event_type, recorded.schema_version);
        let decoded = codec::decode(name, version, &recorded.body).unwrap();
        if let RequestEvent::Act(act) = &decoded
            && let Some(opening) = &act.opening
        {
            let origin = Origin {
                reference: opening.reference.to_string(),
                workflow: opening.workflow.to_string(),
                workflow_version: opening.version,
                agency: opening.agency.as_ref().map(ToString::to_string),
            };
            origins.insert(recorded.stream, origin);
        }
        let origin = &origins[&recorded.stream];
        for lane in [Lane::Ordinary, Lane::Restricted] {
            let epoch = engine.log.history();
            let messages = messages(lane, &recorded, &decoded, origin, epoch).unwrap();
            let bodies = messages.iter().map(|message| &message.body);
            told.extend(bodies.map(|body| serde_json::from_slice::<Value>(body).unwrap()));
        }
    }
    told
}

#[tokio::test(flavor = "multi_thread")]
async fn every_message_of_a_worked_year_fits_its_schema_and_says_nothing_more() {
    let [envelope, event, stub] = ["envelope-1", "event-1", "stub-1"].map(closed);
    let mut seen = [0, 0];
    for body in all_messages(60).await {
        let (kind, schema) = match body["dataschema"].as_str().unwrap() {
            EVENT_SCHEMA => (0, &event),
            STUB_SCHEMA => (1, &stub),
            other => panic!("{other} is no schema"),
        };
        seen[kind] += 1;
        for (schema, part) in [(&envelope, &body), (schema, &body["data"])] {
            let errors: Vec<String> = schema.iter_errors(part).map(|e| e.to_string()).collect();
            assert!(errors.is_empty(), "{errors:?} in {part}");
        }
    }
    assert!(seen[0] > 300 && seen[1] > 0, "{seen:?}");
}

/// Why a receiver of `before` could stumble over `after`. Members may be added; none may go, become
/// optional or change.
fn broken(before: &Value, after: &Value, at: &str, found: &mut Vec<String>) {
    for key in [
        "type", "format", "const", "enum", "pattern", "$ref", "minimum",
    ] {
        if before.get(key).is_some() && before.get(key) != after.get(key) {
            found.push(format!("{at}: {key} is another"));
        }
    }
    let names = |schema: &Value| -> BTreeSet<String> {
        let list = schema["required"].as_array().cloned().unwrap_or_default();
        list.iter()
            .filter_map(|n| n.as_str().map(str::to_owned))
            .collect()
    };
    for gone in names(before).difference(&names(after)) {
        found.push(format!("{at}/{gone}: no longer always there"));
    }
    for part in ["properties", "$defs"] {
        let Some(members) = before[part].as_object() else {
            continue;
        };
        for (name, member) in members {
            let place = format!("{at}/{name}");
            match after[part].get(name) {
                None => found.push(format!("{place}: gone")),
                Some(other) => broken(member, other, &place, found),
            }
        }
    }
    for part in ["anyOf", "oneOf", "allOf"] {
        let forms = before[part].as_array().cloned().unwrap_or_default();
        for (number, form) in forms.iter().enumerate() {
            match after[part].get(number) {
                None => found.push(format!("{at}/{part}/{number}: gone")),
                Some(other) => broken(form, other, &format!("{at}/{part}/{number}"), found),
            }
        }
    }
    if before["items"].is_object() {
        broken(
            &before["items"],
            &after["items"],
            &format!("{at}/items"),
            found,
        );
    }
}

/// `tests/promised` holds what was published as version 1. A file there is never changed: what
/// breaks it is another version, sent beside this one.
#[test]
fn what_was_promised_to_receivers_stays() {
    for (name, schema) in schemas() {
        let promised = root().join(format!("tests/promised/{name}.schema.json"));
        let mut found = Vec::new();
        broken(&read(&promised), &schema, name, &mut found);
        assert!(found.is_empty(), "{found:?}");
    }
}

#[test]
fn a_change_that_breaks_receivers_is_found() {
    let before = schemas().remove("event-1").unwrap();
    let break_with = |change: &dyn Fn(&mut Value)| {
        let mut after = before.clone();
        change(&mut after);
        let mut found = Vec::new();
        broken(&before, &after, "event-1", &mut found);
        found
    };
    assert_eq!(break_with(&|_| {}), Vec::<String>::new());
    let added = break_with(&|after| after["properties"]["new"] = json!({ "type": "string" }));
    assert_eq!(added, Vec::<String>::new());
    let gone = break_with(&|after| {
        after["properties"]
            .as_object_mut()
            .unwrap()
            .remove("version");
    });
    assert_eq!(gone, ["event-1/version: gone"]);
    let other = break_with(&|after| after["properties"]["version"]["type"] = json!("string"));
    assert_eq!(other, ["event-1/version: type is another"]);
    let optional = break_with(&|after| {
        let required = after["required"].as_array_mut().unwrap();
        required.retain(|name| name != "reference");
    });
    assert_eq!(optional, ["event-1/reference: no longer always there"]);
    let form = break_with(&|after| {
        after["anyOf"].as_array_mut().unwrap().pop();
    });
    assert_eq!(form.len(), 1, "{form:?}");
}
