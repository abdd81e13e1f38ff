//! What a JSON Schema says about one place of the data: is it a code, is it personal, whose.
//!
//! Invariant: what no schema describes is personal. A code has to be declared, never guessed.

use serde_json::{Map, Value};
use smallvec::SmallVec;

/// Under whose key a value is sealed; the later, the stricter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Scope {
    /// Not sealed.
    Coded,
    Request,
    Child,
}

/// Formats whose texts are codes; an address or a link is none.
const CODE_FORMATS: [&str; 5] = ["date", "date-time", "time", "duration", "uuid"];

/// A place has seldom more: every place of every move's data is looked at several times.
type Few<'s> = SmallVec<[&'s Map<String, Value>; 2]>;

/// The schemas that describe one place.
#[derive(Debug, Clone)]
pub(crate) struct Views<'s> {
    root: &'s Value,
    /// These always apply.
    sure: Few<'s>,
    /// These apply in some branch of `anyOf`, `oneOf`, `if`.
    maybe: Few<'s>,
}

impl<'s> Views<'s> {
    pub(crate) fn of(root: &'s Value) -> Self {
        let mut views = Self {
            root,
            sure: Few::new(),
            maybe: Few::new(),
        };
        views.add(root, true);
        views
    }

    fn empty(&self) -> Self {
        Self {
            root: self.root,
            sure: Few::new(),
            maybe: Few::new(),
        }
    }

    /// Ends, because `vocabulary` refuses schemas that refer to themselves.
    fn add(&mut self, schema: &'s Value, sure: bool) {
        // `true` and `false` describe nothing.
        let Some(object) = schema.as_object() else {
            return;
        };
        if sure {
            self.sure.push(object);
        } else {
            self.maybe.push(object);
        }
        if let Some(target) = target_of(self.root, object) {
            self.add(target, sure);
        }
        for branch in branches(object, "allOf") {
            self.add(branch, sure);
        }
        for key in ["anyOf", "oneOf"] {
            for branch in branches(object, key) {
                self.add(branch, false);
            }
        }
        for branch in ["then", "else"].iter().filter_map(|key| object.get(*key)) {
            self.add(branch, false);
        }
        let dependent = object.get("dependentSchemas").and_then(Value::as_object);
        for branch in dependent.into_iter().flat_map(Map::values) {
            self.add(branch, false);
        }
    }

    fn each(&self) -> impl Iterator<Item = (&'s Map<String, Value>, bool)> {
        let sure = self.sure.iter().map(|schema| (*schema, true));
        sure.chain(self.maybe.iter().map(|schema| (*schema, false)))
    }

    pub(crate) fn property(&self, name: &str) -> Self {
        let mut views = self.empty();
        for (schema, sure) in self.each() {
            if let Some(schema) = schema.get("properties").and_then(|p| p.get(name)) {
                views.add(schema, sure);
            }
        }
        views
    }

    /// Names of the properties, as written.
    pub(crate) fn property_names(&self) -> Vec<&'s str> {
        let mut names: Vec<&str> = Vec::new();
        for (schema, _) in self.each() {
            let properties = schema.get("properties").and_then(Value::as_object);
            names.extend(
                properties
                    .into_iter()
                    .flat_map(|p| p.keys())
                    .map(String::as_str),
            );
        }
        names.sort_unstable();
        names.dedup();
        names
    }

    /// Another schema of the same whole.
    pub(crate) fn elsewhere(&self, schema: &'s Value) -> Self {
        let mut views = self.empty();
        views.add(schema, true);
        views
    }

    /// The only fields that can be there, where `additionalProperties: false` says so.
    pub(crate) fn closed_names(&self) -> Option<Vec<&'s str>> {
        let closed = |schema: &&&Map<String, Value>| {
            schema.get("additionalProperties") == Some(&Value::Bool(false))
        };
        let schema = self.sure.iter().find(closed)?;
        let properties = schema.get("properties").and_then(Value::as_object);
        Some(
            properties
                .into_iter()
                .flat_map(Map::keys)
                .map(String::as_str)
                .collect(),
        )
    }

    /// Some schema that always applies requires the property.
    pub(super) fn needs(&self, name: &str) -> bool {
        let mut required = self.sure.iter().filter_map(|schema| schema.get("required"));
        required.any(|names| {
            let names = names.as_array().map_or(&[][..], Vec::as_slice);
            names.iter().any(|required| required == name)
        })
    }

    /// An item of a list; without a position, what every item may be.
    pub(crate) fn item(&self, position: Option<usize>) -> Self {
        let mut views = self.empty();
        for (schema, sure) in self.each() {
            let first = branches(schema, "prefixItems");
            match position {
                Some(i) if i < first.len() => views.add(&first[i], sure),
                Some(_) => {}
                None => first.iter().for_each(|item| views.add(item, false)),
            }
            if let Some(items) = schema.get("items")
                && position.is_none_or(|i| i >= first.len())
            {
                views.add(items, sure);
            }
        }
        views
    }

    /// No schema speaks of this place.
    pub(crate) fn is_unknown(&self) -> bool {
        self.sure.is_empty() && self.maybe.is_empty()
    }

    /// The strictest `x-personal` of any schema that may apply here.
    pub(crate) fn mark(&self) -> Scope {
        let marks = self
            .each()
            .filter_map(|(schema, _)| schema.get("x-personal"));
        marks
            .map(|mark| {
                if mark == "child" {
                    Scope::Child
                } else {
                    Scope::Request
                }
            })
            .max()
            .unwrap_or(Scope::Coded)
    }

    /// A text here is one of a list, of a form, or declared a code.
    pub(crate) fn is_code(&self) -> bool {
        self.sure.iter().any(|schema| is_code(self.root, schema))
    }

    /// The value of a keyword of ours.
    pub(crate) fn keyword(&self, name: &str) -> Option<&'s Value> {
        self.each().find_map(|(schema, _)| schema.get(name))
    }

    /// Under whose key a value has to be sealed as a whole: the strictest of all that is in it.
    pub(crate) fn scope_of(&self, value: &Value) -> Scope {
        if self.is_unknown() {
            return Scope::Request;
        }
        let inside = match value {
            Value::Null | Value::Bool(_) | Value::Number(_) => Scope::Coded,
            Value::String(_) if self.is_code() => Scope::Coded,
            Value::String(_) => Scope::Request,
            Value::Array(items) => items
                .iter()
                .enumerate()
                .map(|(i, item)| self.item(Some(i)).scope_of(item))
                .max()
                .unwrap_or(Scope::Coded),
            Value::Object(members) => members
                .iter()
                .map(|(name, member)| self.property(name).scope_of(member))
                .max()
                .unwrap_or(Scope::Coded),
        };
        inside.max(self.mark())
    }

    /// Whether every value that the schema allows here is a code.
    fn always_coded(&self) -> bool {
        if self.is_unknown() || self.mark() > Scope::Coded {
            return false;
        }
        if self.is_code() {
            return true;
        }
        if self.may_be("array") {
            return self.item(None).always_coded();
        }
        !self.may_be("string") && !self.may_be("object")
    }

    /// Some schema that always applies names a type.
    pub(super) fn has_type(&self) -> bool {
        self.sure.iter().any(|schema| schema.contains_key("type"))
    }

    pub(super) fn may_be(&self, kind: &str) -> bool {
        let mut types = self.sure.iter().filter_map(|schema| schema.get("type"));
        types.all(|found| {
            found == kind
                || found
                    .as_array()
                    .is_some_and(|list| list.iter().any(|t| t == kind))
        })
    }

    /// The values that `enum`, `const` or a `oneOf` of those allow; of the items for a list.
    pub(super) fn listed_values(&self) -> Option<Vec<Value>> {
        let mut sure = self.sure.iter();
        sure.find_map(|schema| listed(self.root, schema))
            .or_else(|| {
                let items = self.item(None);
                (!items.is_unknown())
                    .then(|| items.listed_values())
                    .flatten()
            })
    }
}

fn branches<'s>(schema: &'s Map<String, Value>, key: &str) -> &'s [Value] {
    schema
        .get(key)
        .and_then(Value::as_array)
        .map_or(&[], Vec::as_slice)
}

/// Where a `$ref` of the form `#/$defs/<name>` leads.
pub(super) fn target_of<'s>(root: &'s Value, schema: &Map<String, Value>) -> Option<&'s Value> {
    let name = schema.get("$ref")?.as_str()?.strip_prefix("#/$defs/")?;
    root.get("$defs")?.get(name)
}

fn is_code(root: &Value, schema: &Map<String, Value>) -> bool {
    let formed = schema
        .get("format")
        .and_then(Value::as_str)
        .is_some_and(|format| CODE_FORMATS.contains(&format));
    let branch_is_code = |branch: &Value| {
        branch.as_object().is_some_and(|branch| {
            is_code(root, branch)
                || target_of(root, branch)
                    .and_then(Value::as_object)
                    .is_some_and(|target| is_code(root, target))
        })
    };
    let one_of_codes = ["anyOf", "oneOf"].iter().any(|key| {
        let branches = branches(schema, key);
        // `null` beside a code is a code that may be missing.
        !branches.is_empty()
            && branches.iter().all(|branch| {
                branch.get("type") == Some(&Value::from("null")) || branch_is_code(branch)
            })
    });
    formed
        || one_of_codes
        || ["enum", "const", "pattern"]
            .iter()
            .any(|key| schema.contains_key(*key))
        || schema.get("x-coded") == Some(&Value::Bool(true))
}

fn listed(root: &Value, schema: &Map<String, Value>) -> Option<Vec<Value>> {
    if let Some(value) = schema.get("const") {
        return Some(vec![value.clone()]);
    }
    if let Some(values) = schema.get("enum").and_then(Value::as_array) {
        return Some(values.clone());
    }
    ["anyOf", "oneOf"].iter().find_map(|key| {
        let branches = branches(schema, key);
        let values = branches.iter().map(|branch| {
            let branch = branch.as_object()?;
            listed(root, branch).or_else(|| listed(root, target_of(root, branch)?.as_object()?))
        });
        let values: Vec<Value> = values.collect::<Option<Vec<_>>>()?.concat();
        (!values.is_empty()).then_some(values)
    })
}

/// What a rule may know of a dotted path.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Known {
    Missing,
    /// Sealed before a rule sees it.
    Personal,
    /// A code; with its values where the schema lists them.
    Coded(Option<Vec<Value>>),
}

pub(crate) fn known_at(schema: &Value, path: &str) -> Known {
    let mut views = Views::of(schema);
    let mut marked = views.mark();
    for name in path.split('.') {
        views = views.property(name);
        marked = marked.max(views.mark());
    }
    if views.is_unknown() {
        Known::Missing
    } else if marked > Scope::Coded || !views.always_coded() {
        Known::Personal
    } else {
        Known::Coded(views.listed_values())
    }
}

/// The dotted paths of all codes, for messages.
pub(crate) fn coded_paths(schema: &Value) -> Vec<String> {
    let mut paths = Vec::new();
    collect_paths(&Views::of(schema), "", &mut paths);
    paths
}

fn collect_paths(views: &Views<'_>, before: &str, paths: &mut Vec<String>) {
    for name in views.property_names() {
        let here = views.property(name);
        if here.mark() > Scope::Coded {
            continue;
        }
        let path = format!("{before}{name}");
        collect_paths(&here, &format!("{path}."), paths);
        if here.always_coded() {
            paths.push(path);
        }
    }
}
