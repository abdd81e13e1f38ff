//! The part of JSON Schema 2020-12 that a move's `data` may use, and our own keywords.
//!
//! A validator passes over a keyword that it does not know, so a typo like `requried` would be a rule
//! that never holds: every keyword is checked here. Objects are closed, because a field that no
//! schema describes could not be told from personal data.

use super::super::located::{escaped, nearest, quoted};
use super::dates;
use super::fault::Fault;
use super::shape::{Views, target_of};
use super::weight::{self, WEIGHT_LIMIT};
use serde_json::{Map, Value};

const VALUES: [&str; 31] = [
    "$ref",
    "$comment",
    "title",
    "description",
    "default",
    "examples",
    "deprecated",
    "readOnly",
    "writeOnly",
    "type",
    "enum",
    "const",
    "multipleOf",
    "maximum",
    "exclusiveMaximum",
    "minimum",
    "exclusiveMinimum",
    "maxLength",
    "minLength",
    "pattern",
    "format",
    "maxItems",
    "minItems",
    "uniqueItems",
    "maxContains",
    "minContains",
    "maxProperties",
    "minProperties",
    "required",
    "dependentRequired",
    "additionalProperties",
];
const OURS: [&str; 7] = [
    "x-personal",
    "x-coded",
    "x-index",
    "x-index-fields",
    "x-derives",
    dates::NOT_FUTURE,
    dates::DAYS_BACK,
];
const SCHEMAS: [&str; 13] = [
    "items",
    "contains",
    "if",
    "then",
    "else",
    "not",
    "allOf",
    "anyOf",
    "oneOf",
    "prefixItems",
    "properties",
    "$defs",
    "dependentSchemas",
];
const CLOSED: &str = "unevaluatedProperties";

/// Formats that the validator asserts.
const FORMATS: [&str; 13] = [
    "date",
    "date-time",
    "time",
    "duration",
    "uuid",
    "email",
    "idn-email",
    "hostname",
    "ipv4",
    "ipv6",
    "uri",
    "uri-reference",
    "regex",
];

const NESTING_LIMIT: usize = 32;

/// What lies outside our vocabulary. `derived` are the codes that `x-derives` may name. Whoever
/// compiles the schema hears the rest from that.
pub(super) fn outside(schema: &Value, derived: &[&str]) -> Vec<Fault> {
    let mut check = Check {
        root: schema,
        derived,
        faults: Vec::new(),
    };
    if schema.get("type") != Some(&Value::from("object")) {
        check.fault(
            "",
            "data that is not an object",
            "`type: object` at the top",
        );
        return check.faults;
    }
    let weight = weight::weigh(schema);
    if weight.is_none_or(|weight| weight > WEIGHT_LIMIT) {
        let found = match weight {
            None => "a schema that refers to itself",
            Some(_) => "a schema that unfolds to too much",
        };
        let allowed = format!("{WEIGHT_LIMIT} keywords and values, `$ref` followed");
        check.fault("", found, allowed);
        return check.faults;
    }
    let top = Place {
        views: Views::of(schema),
        branch: false,
        definition: false,
        personal: false,
        depth: 0,
    };
    check.schema(schema, "", &top);
    check.faults
}

/// Where a schema stands in the whole.
#[derive(Clone)]
struct Place<'s> {
    /// All that is said of the same value.
    views: Views<'s>,
    /// Inside `then`, `anyOf`, …: it says more of a value that is described elsewhere.
    branch: bool,
    /// Inside `$defs`: where it applies is not known here.
    definition: bool,
    /// The `x-personal` of an enclosing object.
    personal: bool,
    depth: usize,
}

struct Check<'s> {
    root: &'s Value,
    derived: &'s [&'s str],
    faults: Vec<Fault>,
}

impl<'s> Check<'s> {
    fn fault(
        &mut self,
        pointer: impl Into<String>,
        found: impl Into<String>,
        allowed: impl Into<String>,
    ) {
        self.faults.push(Fault {
            pointer: pointer.into(),
            found: found.into(),
            allowed: allowed.into(),
        });
    }

    fn schema(&mut self, schema: &'s Value, pointer: &str, place: &Place<'s>) {
        let Some(object) = schema.as_object() else {
            if !place.branch || !schema.is_boolean() {
                self.fault(pointer, "a schema that is not a map", "a map of keywords");
            }
            return;
        };
        if place.depth > NESTING_LIMIT {
            return self.fault(
                pointer,
                "schemas nested too deep",
                NESTING_LIMIT.to_string(),
            );
        }
        let inner = Place {
            personal: place.personal || object.contains_key("x-personal"),
            depth: place.depth + 1,
            ..place.clone()
        };
        for (key, value) in object {
            let here = format!("{pointer}/{}", escaped(key));
            self.keyword(key, value, &here);
            self.inside(key, value, &here, &inner);
        }
        self.closed(object, pointer, place);
        self.names(object, pointer, place);
        self.our_keywords(object, pointer, place);
    }

    /// The schemas inside a keyword.
    fn inside(&mut self, key: &str, value: &'s Value, pointer: &str, place: &Place<'s>) {
        let item = || Place {
            views: place.views.item(None),
            ..place.clone()
        };
        let branch = || Place {
            branch: true,
            ..place.clone()
        };
        match key {
            "items" | "contains" => self.schema(value, pointer, &item()),
            "if" | "then" | "else" | "not" => self.schema(value, pointer, &branch()),
            "prefixItems" | "allOf" | "anyOf" | "oneOf" => {
                let Some(list) = value.as_array() else {
                    return self.fault(pointer, format!("`{key}` that is not a list"), "schemas");
                };
                let place = if key == "prefixItems" {
                    item()
                } else {
                    branch()
                };
                for (i, schema) in list.iter().enumerate() {
                    self.schema(schema, &format!("{pointer}/{i}"), &place);
                }
            }
            "properties" | "$defs" | "dependentSchemas" => {
                let Some(map) = value.as_object() else {
                    return self.fault(pointer, format!("`{key}` that is not a map"), "schemas");
                };
                for (name, schema) in map {
                    let place = match key {
                        "properties" => Place {
                            views: place.views.property(name),
                            ..place.clone()
                        },
                        "$defs" => Place {
                            views: place.views.elsewhere(schema),
                            definition: true,
                            ..branch()
                        },
                        _ => branch(),
                    };
                    self.schema(schema, &format!("{pointer}/{}", escaped(name)), &place);
                }
            }
            _ => {}
        }
    }

    fn keyword(&mut self, key: &str, value: &Value, pointer: &str) {
        let known = all_keywords();
        if !known.contains(&key) {
            let mut found = format!("unknown keyword {}", quoted(key));
            if let Some(name) = nearest(key, &known) {
                found.push_str(&format!(" (did you mean `{name}`?)"));
            }
            return self.fault(pointer, found, known.join(", "));
        }
        match key {
            "additionalProperties" | CLOSED if value != &Value::Bool(false) => {
                self.fault(pointer, format!("an open `{key}`"), "false");
            }
            "format" if !value.as_str().is_some_and(|f| FORMATS.contains(&f)) => {
                self.fault(pointer, "a format that nothing checks", FORMATS.join(", "));
            }
            "$ref" => {
                let mut holder = Map::new();
                holder.insert(key.to_owned(), value.clone());
                if target_of(self.root, &holder).is_none() {
                    let allowed = "#/$defs/<name> of the same schema";
                    self.fault(pointer, "a reference that leads nowhere", allowed);
                }
            }
            _ => {}
        }
    }

    /// An unknown field would be a field without a scope.
    fn closed(&mut self, object: &Map<String, Value>, pointer: &str, place: &Place<'_>) {
        let is_object = object.contains_key("properties")
            || object.get("type").is_some_and(|t| {
                t == "object"
                    || t.as_array()
                        .is_some_and(|list| list.iter().any(|t| t == "object"))
            });
        if place.branch || !is_object {
            return;
        }
        let closed = |object: &Map<String, Value>| {
            ["additionalProperties", CLOSED]
                .iter()
                .any(|key| object.contains_key(*key))
        };
        let by_target = target_of(self.root, object).and_then(Value::as_object);
        if !closed(object) && !by_target.is_some_and(closed) {
            self.fault(
                pointer,
                "an open object",
                "`additionalProperties: false` beside `properties`",
            );
        }
    }

    /// A name that no field has would be a rule that never, or always, holds.
    fn names(&mut self, object: &Map<String, Value>, pointer: &str, place: &Place<'_>) {
        if place.definition {
            return;
        }
        let names = place.views.closed_names();
        let names = names.unwrap_or_else(|| place.views.property_names());
        let unknown = |this: &mut Self, name: &str, pointer: String| {
            if !names.contains(&name) {
                let found = format!("the field {}, which does not exist", quoted(name));
                this.fault(pointer, found, names.join(", "));
            }
        };
        let required = object.get("required").and_then(Value::as_array);
        for (i, name) in required.into_iter().flatten().enumerate() {
            if let Some(name) = name.as_str() {
                unknown(self, name, format!("{pointer}/required/{i}"));
            }
        }
        let properties = object.get("properties").and_then(Value::as_object);
        for name in properties.into_iter().flat_map(Map::keys) {
            unknown(
                self,
                name,
                format!("{pointer}/properties/{}", escaped(name)),
            );
        }
    }

    fn our_keywords(&mut self, object: &Map<String, Value>, pointer: &str, place: &Place<'_>) {
        for key in OURS {
            let Some(value) = object.get(key) else {
                continue;
            };
            let allowed = match key {
                "x-personal" if value == "child" || value == "request" => continue,
                "x-personal" => "child, request".to_owned(),
                "x-index" if value.as_str().is_some_and(is_kind) => continue,
                "x-index-fields" if is_list_of_names(value) => continue,
                "x-index-fields" => "a list of field names".to_owned(),
                "x-index" => "a kind of a-z, 0-9, - and _".to_owned(),
                "x-derives" if value.as_str().is_some_and(|n| self.derived.contains(&n)) => {
                    continue;
                }
                "x-derives" => format!("a code of `derive`: {}", self.derived.join(", ")),
                dates::DAYS_BACK => continue,
                _ if value == &Value::Bool(true) => continue,
                _ => "true, or no such keyword".to_owned(),
            };
            let found = format!("`{key}` with another value");
            self.fault(format!("{pointer}/{key}"), found, allowed);
        }
        let sealed = place.personal || object.contains_key("x-personal");
        if sealed && object.contains_key("x-coded") {
            let found = "a code inside what is sealed";
            self.fault(
                format!("{pointer}/x-coded"),
                found,
                "`x-coded` or `x-personal`",
            );
        }
        let is_list = ["array", "object"]
            .iter()
            .any(|t| object.get("type") == Some(&Value::from(*t)));
        if is_list && object.contains_key("x-coded") {
            let found = "`x-coded` on what is no text";
            self.fault(format!("{pointer}/x-coded"), found, "beside `type: string`");
        }
        self.faults.extend(dates::outside(object, pointer));
    }
}

fn all_keywords() -> Vec<&'static str> {
    let mut known = VALUES.to_vec();
    known.push(CLOSED);
    known.extend(SCHEMAS);
    known.extend(OURS);
    known
}

fn is_kind(text: &str) -> bool {
    let fits = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'-' | b'_');
    !text.is_empty() && text.len() <= 64 && text.bytes().all(fits)
}

fn is_list_of_names(value: &Value) -> bool {
    value
        .as_array()
        .is_some_and(|names| !names.is_empty() && names.iter().all(Value::is_string))
}
