//! What partners build on: the published descriptions are what the code makes, every message fits
//! them, and what was promised once stays.

use crate::projections::worked;
use crate::support::client::Served;
use rfa::domain::request::codec;
use rfa::log::{Position, StreamKind};
use rfa::relay::asyncapi;
use rfa::relay::contract::{EVENT_SCHEMA, STUB_SCHEMA, schemas};
use rfa::relay::message::{Lane, Origin, TellableEvent, messages, parties};
use rfa::relay::place::RequestPlaces;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet, HashMap};
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
    let mut requests: HashMap<Uuid, (Origin, RequestPlaces)> = HashMap::new();
    let mut told = Vec::new();
    for recorded in log {
        if recorded.stream_kind != StreamKind::Request {
            continue;
        }
        let (name, version) = (&recorded.event_type, recorded.schema_version);
        let decoded = codec::decode(name, version, &recorded.body).unwrap();
        if let Some(origin) = Origin::find_in(&decoded) {
            requests.insert(recorded.stream, (origin, RequestPlaces::default()));
        }
        let (origin, places) = requests.get_mut(&recorded.stream).unwrap();
        assert!(places.count(&recorded, &parties(&decoded, origin)));
        let event = TellableEvent {
            recorded: &recorded,
            event: &decoded,
            origin,
            places: Some(places),
            epoch: engine.log.history(),
        };
        for lane in [Lane::Ordinary, Lane::Restricted] {
            let messages = messages(lane, event).unwrap();
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
        assert!(body["place"].as_u64() >= Some(1), "{body}");
        for (schema, part) in [(&envelope, &body), (schema, &body["data"])] {
            let errors: Vec<String> = schema.iter_errors(part).map(|e| e.to_string()).collect();
            assert!(errors.is_empty(), "{errors:?} in {part}");
        }
    }
    assert!(seen[0] > 300 && seen[1] > 0, "{seen:?}");
}

fn required(schema: &Value) -> BTreeSet<String> {
    let list = schema["required"].as_array().into_iter().flatten();
    list.filter_map(|name| name.as_str().map(str::to_owned))
        .collect()
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
    for gone in required(before).difference(&required(after)) {
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

/// What we read: partners send by it, so the rule is the other way round.
const TAKEN_IN: [&str; 2] = ["make-move-1", "open-request-1"];

/// Why what a sender made by `before` could be refused by `after`. Members that nobody has to give may
/// be added; none may go, become needed, or allow less.
fn narrowed(before: &Value, after: &Value, at: &str, found: &mut Vec<String>) {
    let (was, now) = (|key: &str| before.get(key), |key: &str| after.get(key));
    for key in ["format", "const", "pattern", "$ref", "additionalProperties"] {
        if now(key).is_some_and(|now| *now != json!(true)) && was(key) != now(key) {
            found.push(format!("{at}: {key} is another"));
        }
    }
    for key in ["type", "enum"] {
        let allowed = |value: &Value| value.as_array().cloned().unwrap_or(vec![value.clone()]);
        let Some(now) = now(key).map(allowed) else {
            continue;
        };
        let was = was(key).map(allowed);
        if was.is_none_or(|was| was.iter().any(|one| !now.contains(one))) {
            found.push(format!("{at}: {key} allows less"));
        }
    }
    for (key, sign) in [
        ("minimum", 1.0),
        ("minLength", 1.0),
        ("minItems", 1.0),
        ("maximum", -1.0),
        ("maxLength", -1.0),
        ("maxItems", -1.0),
    ] {
        let limit = |value: &Value| value.as_f64().map(|limit| limit * sign);
        let (was, now) = (was(key).and_then(limit), now(key).and_then(limit));
        if now.is_some_and(|now| was.is_none_or(|was| now > was)) {
            found.push(format!("{at}: {key} allows less"));
        }
    }
    for needed in required(after).difference(&required(before)) {
        found.push(format!("{at}/{needed}: needed now"));
    }
    for (name, member) in before["properties"].as_object().into_iter().flatten() {
        let place = format!("{at}/{name}");
        match after["properties"].get(name) {
            None => found.push(format!("{place}: gone")),
            Some(other) => narrowed(member, other, &place, found),
        }
    }
    if after["items"].is_object() {
        let at = format!("{at}/items");
        narrowed(&before["items"], &after["items"], &at, found);
    }
}

/// Every schema that partners were given, by its name.
fn published() -> BTreeMap<String, Value> {
    let document = asyncapi::document();
    let components = document["components"]["schemas"].as_object().unwrap();
    let mut all: BTreeMap<String, Value> = components.clone().into_iter().collect();
    // These stand there in another form.
    all.extend(
        schemas()
            .into_iter()
            .map(|(name, schema)| (name.to_owned(), schema)),
    );
    all
}

/// `tests/promised` holds what was published as version 1. A file there is never changed: what
/// breaks it is another version, sent or taken beside this one.
fn promised() -> BTreeMap<String, Value> {
    let files = root().join("tests/promised").read_dir().unwrap();
    let files = files.map(|file| file.unwrap().path());
    files
        .map(|file| {
            let name = file.file_name().unwrap().to_str().unwrap();
            let name = name.strip_suffix(".schema.json").unwrap();
            (name.to_owned(), read(&file))
        })
        .collect()
}

/// What is not kept of what was promised.
fn not_kept(promised: &BTreeMap<String, Value>, now: &BTreeMap<String, Value>) -> Vec<String> {
    let mut found = Vec::new();
    for (name, before) in promised {
        match now.get(name) {
            None => found.push(format!("{name}: gone")),
            Some(after) if TAKEN_IN.contains(&name.as_str()) => {
                narrowed(before, after, name, &mut found);
            }
            Some(after) => broken(before, after, name, &mut found),
        }
    }
    let new = now.keys().filter(|name| !promised.contains_key(*name));
    found.extend(new.map(|name| format!("{name}: published and not in tests/promised")));
    found
}

#[test]
fn what_was_promised_to_partners_stays() {
    assert_eq!(not_kept(&promised(), &published()), Vec::<String>::new());
    assert!(TAKEN_IN.iter().all(|name| promised().contains_key(*name)));
}

#[test]
fn a_schema_that_is_gone_and_one_that_nobody_promised_are_found() {
    let mut now = published();
    for name in promised().keys() {
        let gone = now.remove(name).unwrap();
        assert_eq!(not_kept(&promised(), &now), [format!("{name}: gone")]);
        now.insert(name.clone(), gone);
    }
    now.insert("event-2".to_owned(), json!({}));
    let new = "event-2: published and not in tests/promised";
    assert_eq!(not_kept(&promised(), &now), [new]);
}

#[test]
fn a_change_that_refuses_what_senders_send_is_found() {
    let before = published().remove("make-move-1").unwrap();
    let change_by = |change: &dyn Fn(&mut Value)| {
        let mut now = published();
        change(now.get_mut("make-move-1").unwrap());
        not_kept(&promised(), &now)
    };
    let nothing = Vec::<String>::new();
    let added = change_by(&|after| after["properties"]["new"] = json!({ "type": "string" }));
    assert_eq!(added, nothing);
    let wider = change_by(&|after| {
        after["properties"]["if_match"]["minimum"] = json!(0);
        after["properties"]["if_match"]["type"] = json!(["integer", "null"]);
        after["properties"]["then"]["maxItems"] = json!(9);
        let epoch = after["properties"]["epoch"].as_object_mut().unwrap();
        epoch.remove("format");
        after["required"] = json!(["move", "data"]);
    });
    assert_eq!(wider, nothing);
    let gone = change_by(&|after| {
        after["properties"].as_object_mut().unwrap().remove("epoch");
    });
    assert_eq!(gone, ["make-move-1/epoch: gone"]);
    let needed = change_by(&|after| {
        let required = after["required"].as_array_mut().unwrap();
        required.push(json!("if_match"));
    });
    assert_eq!(needed, ["make-move-1/if_match: needed now"]);
    for (member, key, value, why) in [
        ("if_match", "type", json!("string"), "type allows less"),
        ("if_match", "minimum", json!(2), "minimum allows less"),
        ("if_match", "maximum", json!(9), "maximum allows less"),
        ("then", "maxItems", json!(6), "maxItems allows less"),
        ("then", "minItems", json!(1), "minItems allows less"),
        ("move", "enum", json!(["end"]), "enum allows less"),
        ("move", "maxLength", json!(40), "maxLength allows less"),
        ("move", "minLength", json!(1), "minLength allows less"),
        ("move", "format", json!("uri"), "format is another"),
        ("move", "pattern", json!("^e"), "pattern is another"),
        ("move", "const", json!("end"), "const is another"),
        ("data", "$ref", json!("#/x"), "$ref is another"),
        (
            "data",
            "additionalProperties",
            json!(false),
            "additionalProperties is another",
        ),
    ] {
        let less = change_by(&|after| after["properties"][member][key] = value.clone());
        assert_eq!(less, [format!("make-move-1/{member}: {why}")]);
    }
    let inside = change_by(&|after| {
        after["properties"]["then"]["items"]["required"] = json!(["move", "data", "why"]);
    });
    assert_eq!(inside, ["make-move-1/then/items/why: needed now"]);
    let mut found = Vec::new();
    let any = json!({ "type": "array" });
    narrowed(&any, &before["properties"]["then"], "then", &mut found);
    assert!(
        found.contains(&"then/items: type allows less".to_owned()),
        "{found:?}"
    );
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
