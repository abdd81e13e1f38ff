//! Of what kind a code is, and whether it is always there: what an expression may compare it with.

use super::shape::{Known, Views, known_at};
use serde_json::Value;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Text,
    Number,
    Flag,
    List,
    /// Several of these.
    Mixed,
}

impl Kind {
    pub(crate) fn words(self) -> &'static str {
        match self {
            Self::Text => "a text",
            Self::Number => "a number",
            Self::Flag => "true or false",
            Self::List => "a list",
            Self::Mixed => "of no single kind",
        }
    }

    pub(crate) fn of(value: &Value) -> Self {
        match value {
            Value::String(_) => Self::Text,
            Value::Number(_) => Self::Number,
            Value::Bool(_) => Self::Flag,
            Value::Array(_) => Self::List,
            Value::Null | Value::Object(_) => Self::Mixed,
        }
    }
}

/// A code that an expression may read.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Code {
    pub(crate) kind: Kind,
    /// Where the schema lists them; of a list, its members.
    pub(crate) values: Option<Vec<Value>>,
    /// Every accepted act has it.
    pub(crate) always: bool,
}

/// # Errors
/// What stands at the path instead of a code.
pub(crate) fn code_at(schema: &Value, path: &str) -> Result<Code, Known> {
    let values = match known_at(schema, path) {
        Known::Coded(values) => values,
        other @ (Known::Missing | Known::Personal) => return Err(other),
    };
    let views = path
        .split('.')
        .fold(Views::of(schema), |views, name| views.property(name));
    let kinds = [
        ("string", Kind::Text),
        ("integer", Kind::Number),
        ("number", Kind::Number),
        ("boolean", Kind::Flag),
        ("array", Kind::List),
    ];
    let stated = kinds.iter().filter(|(word, _)| views.may_be(word));
    let listed = values.iter().flatten().map(Kind::of);
    let kind = if views.has_type() {
        one(stated.map(|(_, kind)| *kind))
    } else {
        one(listed)
    };
    Ok(Code {
        // A form is a form of text.
        kind: kind.unwrap_or(
            if views.keyword("pattern").is_some() || views.keyword("format").is_some() {
                Kind::Text
            } else {
                Kind::Mixed
            },
        ),
        values,
        always: is_required(schema, path),
    })
}

/// The only kind among them; `None` without any.
fn one(mut kinds: impl Iterator<Item = Kind>) -> Option<Kind> {
    let first = kinds.next()?;
    Some(kinds.fold(
        first,
        |all, kind| if all == kind { all } else { Kind::Mixed },
    ))
}

/// Whether the data always hold the field at a dotted path.
pub(crate) fn is_required(schema: &Value, path: &str) -> bool {
    let mut here = schema;
    path.split('.').all(|name| {
        let required = here["required"].as_array();
        let found = required.is_some_and(|names| names.iter().any(|n| n == name));
        here = &here["properties"][name];
        found
    })
}
