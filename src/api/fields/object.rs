//! An object of a body taken apart field by field, all errors at once.

use super::{MOVES_MAX, NextMove, next_move};
use crate::api::problem::{FieldError, Kind, Problem};
use crate::domain::ids::IdError;
use serde_json::{Map, Value};
use uuid::Uuid;

/// An object being taken apart; what is left at the end is unknown.
pub(super) struct Fields {
    pub(super) map: Map<String, Value>,
    /// Pointer to the object.
    root: String,
    errors: Vec<FieldError>,
}

impl Fields {
    pub(super) fn of(value: Value, root: String) -> Result<Self, Problem> {
        let Value::Object(map) = value else {
            return Err(
                Problem::new(Kind::BadData, "The body is not an object.").with(
                    root,
                    "wrong type",
                    "an object",
                ),
            );
        };
        Ok(Self {
            map,
            root,
            errors: Vec::new(),
        })
    }

    pub(super) fn wrong(&mut self, name: &str, what: &str, allowed: impl Into<String>) {
        self.errors.push(FieldError {
            pointer: format!("{}/{name}", self.root),
            what: what.to_owned(),
            allowed: allowed.into(),
        });
    }

    pub(super) fn code<T>(
        &mut self,
        name: &str,
        parse: fn(&str) -> Result<T, IdError>,
    ) -> Option<T> {
        let found = self.map.remove(name)?;
        let Some(text) = found.as_str() else {
            self.wrong(name, "wrong type", "a string");
            return None;
        };
        match parse(text) {
            Ok(code) => Some(code),
            Err(error) => {
                self.wrong(name, "not a code", error.to_string());
                None
            }
        }
    }

    pub(super) fn uuid(&mut self, name: &str) -> Option<Uuid> {
        let found = self.map.remove(name)?;
        let id = found.as_str().and_then(|text| Uuid::try_parse(text).ok());
        if id.is_none() {
            self.wrong(name, "not an id", "a UUID");
        }
        id
    }

    /// Empty where it is wrong, which `finish` tells.
    pub(super) fn text(&mut self, name: &str, allowed: &str) -> String {
        match self.map.remove(name) {
            Some(Value::String(text)) => return text,
            Some(_) => self.wrong(name, "wrong type", "a text"),
            None => self.wrong(name, "missing", allowed),
        }
        String::new()
    }

    pub(super) fn data(&mut self) -> Value {
        match self.map.remove("data") {
            Some(data @ Value::Object(_)) => return data,
            Some(_) => self.wrong("data", "wrong type", "an object"),
            None => self.wrong(
                "data",
                "missing",
                "an object, empty if the move needs no data",
            ),
        }
        Value::Null
    }

    pub(super) fn then(&mut self) -> Vec<NextMove> {
        let items = match self.map.remove("then") {
            None => return Vec::new(),
            Some(Value::Array(items)) if items.len() < MOVES_MAX => items,
            Some(_) => {
                self.wrong(
                    "then",
                    "wrong type or length",
                    format!("a list of at most {} moves", MOVES_MAX - 1),
                );
                return Vec::new();
            }
        };
        let mut moves = Vec::with_capacity(items.len());
        for (index, item) in items.into_iter().enumerate() {
            match next_move(item, format!("{}/then/{index}", self.root)) {
                Ok(next) => moves.push(next),
                Err(problem) => self.errors.extend(problem.errors),
            }
        }
        moves
    }

    pub(super) fn finish(mut self, allowed: &str) -> Result<(), Problem> {
        if !self.map.is_empty() {
            // The names are the caller's own and may be personal.
            self.errors.push(FieldError {
                pointer: self.root,
                what: format!("{} unknown field(s)", self.map.len()),
                allowed: allowed.to_owned(),
            });
        }
        if self.errors.is_empty() {
            return Ok(());
        }
        let mut problem = Problem::new(
            Kind::BadData,
            "Fields are missing, unknown or of a wrong type.",
        );
        problem.errors = self.errors;
        Err(problem)
    }
}
