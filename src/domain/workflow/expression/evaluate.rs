//! Whether an expression holds. Total: what is not there is like no value, and a comparison of
//! things that cannot be compared is no.

use super::{Comparison, Expression, Fact, Operand, Path};
use serde_json::{Map, Value};
use std::borrow::Cow;
use std::cmp::Ordering;

/// What can be looked at.
#[derive(Debug, Clone, Copy)]
pub struct Scope<'a> {
    /// Codes of the act at hand.
    pub data: &'a Map<String, Value>,
    /// Codes that the opening act left, once there is a request.
    pub request: Option<&'a Map<String, Value>>,
    /// Of the request; `None` before there is one.
    pub facts: Option<&'a dyn Facts>,
}

/// Who knows the facts of a request.
pub trait Facts: std::fmt::Debug {
    fn fact(&self, fact: Fact) -> Value;
}

impl<'a> Scope<'a> {
    /// Only the codes of an act.
    #[must_use]
    pub fn of_data(data: &'a Map<String, Value>) -> Self {
        Self {
            data,
            request: None,
            facts: None,
        }
    }

    fn at(&self, path: &Path) -> Option<Cow<'a, Value>> {
        let value = match path {
            Path::Data(path) => find(self.data, path).map(Cow::Borrowed),
            Path::Request(path) => find(self.request?, path).map(Cow::Borrowed),
            Path::Fact(fact) => Some(Cow::Owned(self.facts?.fact(*fact))),
        };
        value.filter(|value| !value.is_null())
    }

    fn of<'o>(&self, operand: &'o Operand) -> Option<Cow<'o, Value>>
    where
        'a: 'o,
    {
        match operand {
            Operand::Path(path) => self.at(path),
            Operand::Value(value) => Some(Cow::Borrowed(value)),
        }
    }
}

impl Expression {
    #[must_use]
    pub fn holds(&self, scope: Scope<'_>) -> bool {
        match self {
            Self::All(parts) => parts.iter().all(|part| part.holds(scope)),
            Self::Any(parts) => parts.iter().any(|part| part.holds(scope)),
            Self::Not(inner) => !inner.holds(scope),
            Self::Has(path) => scope.at(path).is_some(),
            Self::Is(path) => scope
                .at(path)
                .is_some_and(|found| *found == Value::Bool(true)),
            Self::Compare(left, how, right) => {
                compares(scope.of(left).as_deref(), *how, scope.of(right).as_deref())
            }
            Self::Among(operand, values) => scope.of(operand).is_some_and(|found| {
                let found: &Value = &found;
                let members = found
                    .as_array()
                    .map_or(std::slice::from_ref(found), Vec::as_slice);
                members.iter().any(|m| values.iter().any(|v| equal(m, v)))
            }),
            Self::Holds(value, path) => scope.at(path).is_some_and(|found| {
                let members = found.as_array();
                members.is_some_and(|members| members.iter().any(|member| equal(member, value)))
            }),
        }
    }
}

fn compares(left: Option<&Value>, how: Comparison, right: Option<&Value>) -> bool {
    let same = match (left, right) {
        (Some(left), Some(right)) => equal(left, right),
        (None, None) => true,
        (Some(_), None) | (None, Some(_)) => false,
    };
    let order = || order(left?, right?);
    match how {
        Comparison::Equal => same,
        Comparison::Unequal => !same,
        Comparison::Less => order() == Some(Ordering::Less),
        Comparison::More => order() == Some(Ordering::Greater),
        Comparison::AtMost => order().is_some_and(Ordering::is_le),
        Comparison::AtLeast => order().is_some_and(Ordering::is_ge),
    }
}

/// `1` and `1.0` are one number.
pub(super) fn equal(left: &Value, right: &Value) -> bool {
    left == right || order(left, right) == Some(Ordering::Equal)
}

/// Of numbers alone.
fn order(left: &Value, right: &Value) -> Option<Ordering> {
    if let (Some(left), Some(right)) = (left.as_i64(), right.as_i64()) {
        return Some(left.cmp(&right));
    }
    left.as_f64()?.partial_cmp(&right.as_f64()?)
}

/// The value at a dotted path.
#[must_use]
pub fn find<'a>(data: &'a Map<String, Value>, path: &str) -> Option<&'a Value> {
    let mut parts = path.split('.');
    let mut value = data.get(parts.next()?)?;
    for part in parts {
        value = value.get(part)?;
    }
    Some(value)
}
