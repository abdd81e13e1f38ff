//! Data that are right for a move: from the shipped example where there is one, else made from its
//! schema, so that nothing but a right can be missing.

use crate::support::engine::{now, workflows};
use jiff::{SignedDuration, ToSpan};
use serde_json::{Map, Value, json};

/// Whether a field is filled in although it may be left out.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Filling {
    Needed,
    /// It is filled in wherever the schema has it.
    Always,
}

/// Data for a move. `known` are values that nobody can make up, such as the code of a team.
pub(super) fn data_of(name: &str, rule: &Value, known: &[(&str, Value, Filling)]) -> Value {
    let schema = &rule["data"];
    let mut data = example(name)
        .filter(|data| is_valid(schema, schema, data))
        .unwrap_or_else(|| filled(schema, schema));
    let properties = schema["properties"].as_object().cloned();
    for (field, rule) in properties.unwrap_or_default() {
        let fits = |value: &Value| is_valid(schema, &rule, value);
        let found = known.iter().find(|(known, value, filling)| {
            let is_there = *filling == Filling::Always || data.get(&field).is_some();
            *known == field && is_there && fits(value)
        });
        if let Some((_, value, _)) = found {
            data[&field] = value.clone();
        }
    }
    assert!(
        is_valid(schema, schema, &data),
        "no data for {name}: {data}"
    );
    data
}

/// One field, made from its schema.
pub(super) fn made(rule: &Value, field: &str) -> Value {
    let schema = &rule["data"];
    filled(schema, &schema["properties"][field])
}

fn example(name: &str) -> Option<Value> {
    let file = workflows().join(format!("request-for-assistance/examples/{name}.json"));
    let text = std::fs::read_to_string(file).ok()?;
    Some(serde_json::from_str(&text).unwrap())
}

fn is_valid(root: &Value, schema: &Value, value: &Value) -> bool {
    let mut whole = schema.clone();
    if let (Some(whole), Some(defs)) = (whole.as_object_mut(), root.get("$defs")) {
        whole.insert("$defs".to_owned(), defs.clone());
    }
    let options = jsonschema::options().should_validate_formats(true);
    let validator = options.build(&whole).expect("a schema of the workflow");
    validator.is_valid(value)
}

fn filled(root: &Value, schema: &Value) -> Value {
    if let Some(name) = schema["$ref"].as_str() {
        let name = name.strip_prefix("#/$defs/").expect("a local definition");
        return filled(root, &root["$defs"][name]);
    }
    if let Some(only) = schema.get("const") {
        return only.clone();
    }
    if let Some(codes) = schema["enum"].as_array() {
        return codes[0].clone();
    }
    match schema["type"].as_str() {
        Some("object") | None => object(root, schema),
        Some("array") => {
            let count = schema["minItems"].as_u64().unwrap_or(0);
            json!(
                (0..count)
                    .map(|_| filled(root, &schema["items"]))
                    .collect::<Vec<_>>()
            )
        }
        Some("integer" | "number") => schema.get("minimum").cloned().unwrap_or(json!(1)),
        Some("boolean") => json!(true),
        Some(_) => text(schema),
    }
}

/// With what is needed always, and with what is needed beside that.
fn object(root: &Value, schema: &Value) -> Value {
    let mut data = Value::Object(Map::new());
    let all = schema["allOf"].as_array().into_iter().flatten();
    let parts: Vec<&Value> = std::iter::once(schema).chain(all).collect();
    for part in &parts {
        put(root, schema, &mut data, &part["required"]);
    }
    for part in &parts {
        if let Some(first) = part["anyOf"].get(0) {
            put(root, schema, &mut data, &first["required"]);
        }
        if let Some(condition) = part.get("if") {
            let holds = is_valid(root, condition, &data);
            let branch = if holds { "then" } else { "else" };
            put(root, schema, &mut data, &part[branch]["required"]);
        }
    }
    data
}

fn put(root: &Value, schema: &Value, data: &mut Value, needed: &Value) {
    for name in needed.as_array().into_iter().flatten() {
        let name = name.as_str().expect("the name of a field");
        if data.get(name).is_none() {
            data[name] = filled(root, &schema["properties"][name]);
        }
    }
}

fn text(schema: &Value) -> Value {
    let is_past = schema["x-not-future"] == Value::Bool(true);
    let now = now();
    match schema["format"].as_str() {
        Some("date") => {
            let days = if is_past { -1 } else { 30 };
            let today = now.to_zoned(jiff::tz::TimeZone::UTC).date();
            json!(today.checked_add(days.days()).unwrap())
        }
        Some("date-time") => json!(now - SignedDuration::from_secs(60)),
        Some(_) | None => json!("invented"),
    }
}
