//! A definition made ready: schemas compiled, hash computed, personal fields known.

use super::definition::Definition;
use crate::domain::ids::{DefinitionHash, MoveName};
use crate::domain::request::event::Personal;
use serde_json::{Map, Value};

/// One thing wrong with the data of a move. Never holds the value.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct DataError {
    /// JSON pointer into the data.
    pub pointer: String,
    pub what: String,
    /// What is allowed there, in words.
    pub allowed: String,
}

pub struct Workflow {
    pub definition: Definition,
    pub hash: DefinitionHash,
}

impl Workflow {
    /// # Errors
    /// When a schema is not JSON Schema 2020-12; the messages name the move.
    pub fn new(_definition: Definition) -> Result<Self, Vec<String>> {
        unimplemented!()
    }

    /// All errors at once; also NUL and other control characters, in any string.
    pub fn check(&self, _move_name: &MoveName, _data: &Value) -> Result<(), Vec<DataError>> {
        unimplemented!()
    }

    /// Takes checked data apart by `x-personal`. A string without a format, enum, const, pattern or
    /// `x-coded: true` is free text and so personal (`request`) unless its schema says otherwise.
    #[must_use]
    pub fn split(
        &self,
        _move_name: &MoveName,
        _data: &Map<String, Value>,
    ) -> (Map<String, Value>, Personal) {
        unimplemented!()
    }
}

/// Canonical JSON: keys sorted, no spaces. What is hashed and fingerprinted.
#[must_use]
pub fn canonical(_value: &Value) -> Vec<u8> {
    unimplemented!()
}
