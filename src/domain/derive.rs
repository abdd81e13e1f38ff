//! Codes made from personal data before it is sealed; each may be "not-known".

use crate::domain::organisation::Organisation;
use crate::domain::workflow::definition::DeriveRule;
use indexmap::IndexMap;
use jiff::civil::Date;
use serde_json::{Map, Value};

pub const NOT_KNOWN: &str = "not-known";

/// `derived.<name>` for every rule, from the full data of an opening act.
#[must_use]
pub fn derive(
    _rules: &IndexMap<String, DeriveRule>,
    _data: &Map<String, Value>,
    _organisation: &Organisation,
    _on: Date,
) -> Map<String, Value> {
    unimplemented!()
}
