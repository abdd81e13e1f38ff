//! A definition made ready: schemas compiled, hash computed, personal fields known.

mod canonical;
mod columns;
mod dates;
pub(crate) mod fault;
mod hygiene;
mod identifier;
pub(crate) mod kind;
mod messages;
pub(crate) mod shape;
mod split;
pub(crate) mod vocabulary;
pub(crate) mod weight;

pub use canonical::{canonical, write_canonical, write_text};
pub use columns::{CellFault, Cells, Column, Columns};
pub use dates::Moment;
pub use identifier::wrong as wrong_identifier;
pub use split::merge;

use super::definition::{Definition, FromStates, MoveRule};
use super::located::escaped;
use crate::domain::ids::{DefinitionHash, MoveName, StateName};
use crate::domain::request::event::Personal;
use indexmap::IndexMap;
use jsonschema::{Draft, PatternOptions, Validator};
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};
use shape::Views;
use std::borrow::Cow;

/// One thing wrong with the data of a move. Never holds the value.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct DataError {
    /// JSON pointer into the data.
    pub pointer: String,
    pub what: String,
    /// What is allowed there, in words.
    pub allowed: String,
}

impl DataError {
    fn at(pointer: &str, what: impl Into<String>, allowed: impl Into<String>) -> Self {
        Self {
            pointer: pointer.to_owned(),
            what: what.into(),
            allowed: allowed.into(),
        }
    }
}

pub struct Workflow {
    pub definition: Definition,
    pub hash: DefinitionHash,
    validators: IndexMap<MoveName, Validator>,
}

impl std::fmt::Debug for Workflow {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Definition {
            workflow, version, ..
        } = &self.definition;
        write!(f, "Workflow({workflow} v{version} {})", self.hash)
    }
}

impl Workflow {
    /// A definition that is to be published.
    ///
    /// # Errors
    /// When a schema is not JSON Schema 2020-12 in our vocabulary; the messages name the move.
    pub fn new(definition: Definition) -> Result<Self, Vec<String>> {
        let derived: Vec<&str> = definition.derive.keys().map(String::as_str).collect();
        let mut wrong = Vec::new();
        for (name, rule) in &definition.moves {
            let faults = vocabulary::outside(&rule.data, &derived);
            wrong.extend(faults.iter().map(|fault| {
                format!(
                    "move `{name}`, data{}: {}; allowed: {}",
                    fault.pointer, fault.found, fault.allowed
                )
            }));
        }
        if !wrong.is_empty() {
            return Err(wrong);
        }
        let value = serde_json::to_value(&definition).map_err(|why| vec![why.to_string()])?;
        Self::with_hash(definition, hash_of(&value))
    }

    /// A definition as it lies in the log. Its identity is that of its stored body, whatever this
    /// build would write; and a vocabulary that has become stricter does not make it unreadable.
    ///
    /// # Errors
    /// When the body is no definition, or a schema is not JSON Schema 2020-12.
    pub fn stored(body: &[u8]) -> Result<Self, Vec<String>> {
        let said = |why: serde_json::Error| vec![why.to_string()];
        let definition = serde_json::from_slice(body).map_err(said)?;
        let value = serde_json::from_slice(body).map_err(said)?;
        Self::with_hash(definition, hash_of(&value))
    }

    fn with_hash(definition: Definition, hash: DefinitionHash) -> Result<Self, Vec<String>> {
        let mut wrong = Vec::new();
        let mut validators = IndexMap::new();
        for (name, rule) in &definition.moves {
            match compile(&rule.data) {
                Ok(validator) => {
                    validators.insert(name.clone(), validator);
                }
                Err((at, why)) => wrong.push(format!("move `{name}`, data{at}: {why}")),
            }
        }
        if !wrong.is_empty() {
            return Err(wrong);
        }
        Ok(Self {
            definition,
            hash,
            validators,
        })
    }

    /// All errors at once; also NUL and other control characters, in any string.
    ///
    /// # Errors
    /// Each with its place and what is allowed there, in the order of the data.
    pub fn check(&self, move_name: &MoveName, data: &Value) -> Result<(), Vec<DataError>> {
        let (Some(rule), Some(validator)) = (
            self.definition.moves.get(move_name),
            self.validators.get(move_name),
        ) else {
            let names: Vec<&str> = self.definition.moves.keys().map(MoveName::as_str).collect();
            return Err(vec![DataError::at("", "an unknown move", names.join(", "))]);
        };
        let mut errors = hygiene::check(&rule.data, data);
        if !errors.iter().any(|error| error.what == hygiene::TOO_DEEP) {
            let found = validator.iter_errors(data);
            errors.extend(found.map(|error| messages::data_error(&rule.data, &error)));
            self.each_value(move_name, data, &mut |views, pointer, value| {
                errors.extend(hygiene::check_line(views, pointer, value));
                errors.extend(identifier::check(views, pointer, value));
            });
        }
        errors.sort_by(|a, b| (&a.pointer, &a.what).cmp(&(&b.pointer, &b.what)));
        errors.dedup();
        if errors.is_empty() {
            Ok(())
        } else {
            Err(errors)
        }
    }

    /// Dates and times that lie outside what `x-not-future` and `x-days-back-at-most` allow. The
    /// unborn child is an `if` of the schema; this asks only for the marks.
    #[must_use]
    pub fn check_dates(
        &self,
        move_name: &MoveName,
        data: &Value,
        moment: Moment,
    ) -> Vec<DataError> {
        let mut errors = Vec::new();
        self.each_value(move_name, data, &mut |views, pointer, value| {
            errors.extend(dates::check(views, pointer, value, moment));
        });
        errors
    }

    /// Takes checked data apart by `x-personal`. A string without a format, enum, const, pattern or
    /// `x-coded: true` is free text and so personal (`request`) unless its schema says otherwise;
    /// of formats only dates, times, durations and UUIDs are codes. What no schema describes is
    /// personal too.
    ///
    /// Sealed parts keep their place: `{"child": {"name": …}}`. A list with anything personal in it,
    /// and an object that is marked itself, go whole to the strictest scope found in them (`child`
    /// before `request`): torn apart, what belongs together could not be put together again.
    #[must_use]
    pub fn split(
        &self,
        move_name: &MoveName,
        data: &Map<String, Value>,
    ) -> (Map<String, Value>, Personal) {
        // Of an unknown move nothing is known, so all of it is personal.
        let schema = self.schema_of(move_name).unwrap_or(&Value::Null);
        split::split(schema, data)
    }

    /// What the blind index keeps: the kind of `x-index` and the text in lower case, trimmed, inner
    /// spaces made one. An object gives the texts of its members, by name in order, or those of
    /// `x-index-fields`, if it has them all; a list one entry an item.
    #[must_use]
    pub fn index_entries(
        &self,
        move_name: &MoveName,
        data: &Map<String, Value>,
    ) -> Vec<(String, String)> {
        let mut entries = Vec::new();
        let Some(schema) = self.schema_of(move_name) else {
            return entries;
        };
        let mut take = |views: &Views<'_>, _: &str, value: &Value| {
            let kind = views.keyword("x-index").and_then(Value::as_str);
            let fields = views.keyword("x-index-fields").and_then(Value::as_array);
            let Some(value) = indexed(value, fields) else {
                return;
            };
            let value = &*value;
            let items = value
                .as_array()
                .map_or(std::slice::from_ref(value), Vec::as_slice);
            for text in items
                .iter()
                .map(normal_text)
                .filter(|text| !text.is_empty())
            {
                entries.extend(kind.map(|kind| (kind.to_owned(), text)));
            }
        };
        walk_members(&Views::of(schema), &mut String::new(), data, &mut take);
        entries
    }

    /// Kinds of the blind index under which single texts are found again: numbers of other systems.
    pub fn identifier_kinds(&self) -> impl Iterator<Item = &str> {
        let schemas = self.definition.moves.values().map(|rule| &rule.data);
        schemas.flat_map(identifier::kinds)
    }

    /// The moves that some path allows from a state, whoever asks. `None` is before the first act.
    pub fn allowed_moves<'w>(
        &'w self,
        state: Option<&'w StateName>,
    ) -> impl Iterator<Item = (&'w MoveName, &'w MoveRule)> {
        let moves = self.definition.moves.iter();
        moves.filter(move |(_, rule)| {
            rule.paths.iter().any(|path| match (&path.from, state) {
                (FromStates::Start, None) | (FromStates::Any, Some(_)) => true,
                (FromStates::Of(states), Some(state)) => states.contains(state),
                (FromStates::Start, Some(_)) | (FromStates::Any | FromStates::Of(_), None) => false,
            })
        })
    }

    /// The move that opens a request, where there is one alone.
    ///
    /// # Errors
    /// The names of all of them.
    pub fn opening_move(&self) -> Result<(&MoveName, &MoveRule), Vec<&MoveName>> {
        let mut opening = self.definition.moves.iter().filter(|(_, rule)| rule.opens);
        match (opening.next(), opening.next()) {
            (Some(only), None) => Ok(only),
            (_, _) => {
                let moves = self.definition.moves.iter();
                let opening = moves.filter(|(_, rule)| rule.opens);
                Err(opening.map(|(name, _)| name).collect())
            }
        }
    }

    fn schema_of(&self, move_name: &MoveName) -> Option<&Value> {
        self.definition.moves.get(move_name).map(|rule| &rule.data)
    }

    fn each_value(
        &self,
        move_name: &MoveName,
        data: &Value,
        visit: &mut dyn FnMut(&Views<'_>, &str, &Value),
    ) {
        if let Some(schema) = self.schema_of(move_name) {
            walk(&Views::of(schema), &mut String::new(), data, visit);
        }
    }
}

/// Every value that some schema describes, outermost first. `pointer` is as it was afterwards.
fn walk(
    views: &Views<'_>,
    pointer: &mut String,
    value: &Value,
    visit: &mut dyn FnMut(&Views<'_>, &str, &Value),
) {
    if views.is_unknown() {
        return;
    }
    visit(views, pointer, value);
    match value {
        Value::Object(members) => walk_members(views, pointer, members, visit),
        Value::Array(items) => {
            for (i, item) in items.iter().enumerate() {
                let length = pointer.len();
                pointer.push('/');
                pointer.push_str(&i.to_string());
                walk(&views.item(Some(i)), pointer, item, visit);
                pointer.truncate(length);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn walk_members(
    views: &Views<'_>,
    pointer: &mut String,
    members: &Map<String, Value>,
    visit: &mut dyn FnMut(&Views<'_>, &str, &Value),
) {
    for (name, member) in members {
        let length = pointer.len();
        pointer.push('/');
        pointer.push_str(&escaped(name));
        walk(&views.property(name), pointer, member, visit);
        pointer.truncate(length);
    }
}

/// A text as the blind index keeps it.
#[must_use]
pub fn normalised(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    words.join(" ").to_lowercase()
}

fn normal_text(value: &Value) -> String {
    match value {
        Value::String(text) => normalised(text),
        Value::Number(number) => number.to_string(),
        Value::Array(items) => joined(items.iter()),
        Value::Object(members) => {
            let mut members: Vec<_> = members.iter().collect();
            members.sort_by_key(|(name, _)| *name);
            joined(members.into_iter().map(|(_, member)| member))
        }
        Value::Null | Value::Bool(_) => String::new(),
    }
}

fn joined<'v>(values: impl Iterator<Item = &'v Value>) -> String {
    let texts: Vec<String> = values
        .map(normal_text)
        .filter(|text| !text.is_empty())
        .collect();
    texts.join(" ")
}

/// No network, formats asserted, and patterns of an engine that cannot run away.
///
/// The error is a pointer into the schema and what is wrong there.
fn compile(schema: &Value) -> Result<Validator, (String, String)> {
    jsonschema::options()
        .with_draft(Draft::Draft202012)
        .should_validate_formats(true)
        .should_ignore_unknown_formats(false)
        .with_pattern_options(PatternOptions::regex())
        .offline()
        .build(schema)
        .map_err(|error| (error.instance_path().as_str().to_owned(), error.to_string()))
}

fn hash_of(definition: &Value) -> DefinitionHash {
    DefinitionHash(Sha256::digest(canonical(definition)).into())
}

/// The value whose text is indexed; `None` where a field that belongs to it is missing.
fn indexed<'v>(value: &'v Value, fields: Option<&Vec<Value>>) -> Option<Cow<'v, Value>> {
    let (Some(fields), Some(object)) = (fields, value.as_object()) else {
        return Some(Cow::Borrowed(value));
    };
    let names = fields.iter().filter_map(Value::as_str);
    let texts = names.map(|name| Some((name.to_owned(), object.get(name)?.clone())));
    Some(Cow::Owned(Value::Object(texts.collect::<Option<_>>()?)))
}

#[cfg(test)]
mod tests;
