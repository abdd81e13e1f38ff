//! How much a schema is when every reference in it is followed.

use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// Keywords and values, references followed. Reading data asks every one of them at most once a
/// value, so this bounds the work that a schema can cause.
pub(crate) const WEIGHT_LIMIT: u64 = 50_000;

/// `None` when a reference leads back to where it stands: then it has no end.
pub(crate) fn weigh(schema: &Value) -> Option<u64> {
    let none = Map::new();
    let definitions = schema.get("$defs").and_then(Value::as_object);
    Scales {
        definitions: definitions.unwrap_or(&none),
        known: BTreeMap::new(),
    }
    .weigh(schema)
}

struct Scales<'s> {
    definitions: &'s Map<String, Value>,
    /// `None` while a definition is being weighed.
    known: BTreeMap<&'s str, Option<u64>>,
}

impl<'s> Scales<'s> {
    fn weigh(&mut self, value: &'s Value) -> Option<u64> {
        let mut weight = 1_u64;
        match value {
            Value::Object(members) => {
                if let Some(target) = members.get("$ref").and_then(Value::as_str) {
                    let name = target.strip_prefix("#/$defs/").unwrap_or_default();
                    weight = weight.saturating_add(self.weigh_definition(name)?);
                }
                for inner in members.values() {
                    weight = weight.saturating_add(self.weigh(inner)?);
                }
            }
            Value::Array(items) => {
                for inner in items {
                    weight = weight.saturating_add(self.weigh(inner)?);
                }
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
        Some(weight)
    }

    fn weigh_definition(&mut self, name: &str) -> Option<u64> {
        let Some((name, definition)) = self.definitions.get_key_value(name) else {
            return Some(0);
        };
        if let Some(known) = self.known.get(name.as_str()) {
            return *known;
        }
        self.known.insert(name, None);
        let weight = self.weigh(definition);
        self.known.insert(name, weight);
        weight
    }
}
