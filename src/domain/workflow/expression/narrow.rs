//! How two expressions stand to one another, as far as their parts tell: does one imply the other,
//! can both hold. Where nothing is known the answer is no.

use super::evaluate::equal;
use super::{Comparison, Expression, Operand, Path};
use serde_json::Value;

/// A part that narrows one path.
#[derive(Debug, Clone, PartialEq)]
pub struct Narrow<'e> {
    pub path: &'e Path,
    /// It is one of these; `None` where it only has to be there.
    pub values: Option<Vec<&'e Value>>,
    /// The path is a list, which can hold several values at once.
    pub of_list: bool,
}

const YES: &Value = &Value::Bool(true);
const NO: &Value = &Value::Bool(false);

impl<'e> Narrow<'e> {
    /// What a part says of one path, where it says no more than that.
    #[must_use]
    pub fn of(part: &'e Expression) -> Option<Self> {
        let (path, values, of_list) = match part {
            Expression::Has(path) => (path, None, false),
            Expression::Is(path) => (path, Some(vec![YES]), false),
            Expression::Among(Operand::Path(path), values) => {
                (path, Some(values.iter().collect()), false)
            }
            Expression::Compare(Operand::Path(path), Comparison::Equal, Operand::Value(value))
            | Expression::Compare(Operand::Value(value), Comparison::Equal, Operand::Path(path)) => {
                (path, Some(vec![value]), false)
            }
            Expression::Holds(value, path) => (path, Some(vec![value]), true),
            Expression::Not(inner) => {
                let Expression::Is(path @ Path::Fact(_)) = &**inner else {
                    return None;
                };
                // A fact is always there.
                (path, Some(vec![NO]), false)
            }
            Expression::Any(parts) => return Self::of_any(parts),
            Expression::All(_) | Expression::Compare(..) | Expression::Among(..) => return None,
        };
        Some(Self {
            path,
            values,
            of_list,
        })
    }

    /// Alternatives that all speak of one path.
    fn of_any(parts: &'e [Expression]) -> Option<Self> {
        let mut parts = parts.iter().map(Self::of);
        let mut all = parts.next()??;
        for part in parts {
            let part = part?;
            if part.path != all.path || part.of_list != all.of_list {
                return None;
            }
            all.values = all.values.zip(part.values).map(|(mut all, more)| {
                all.extend(more);
                all
            });
        }
        Some(all)
    }

    fn implies(&self, wide: &Self) -> bool {
        self.path == wide.path
            && match (&self.values, &wide.values) {
                (_, None) => true,
                (None, Some(_)) => false,
                (Some(narrow), Some(wide)) => narrow.iter().all(|value| wide.contains(value)),
            }
    }

    fn excludes(&self, other: &Self) -> bool {
        let apart = |left: &[&Value], right: &[&Value]| {
            !left.iter().any(|l| right.iter().any(|r| equal(l, r)))
        };
        self.path == other.path
            && !self.of_list
            && !other.of_list
            && matches!((&self.values, &other.values), (Some(l), Some(r)) if apart(l, r))
    }
}

/// Whether the wider holds whenever the narrower does.
#[must_use]
pub fn implies(narrow: &Expression, wide: &Expression) -> bool {
    wide.conjuncts().iter().all(|wide| {
        let wider = Narrow::of(wide);
        narrow.conjuncts().iter().any(|narrow| {
            let narrower = Narrow::of(narrow);
            narrow == wide
                || matches!((narrower, &wider), (Some(narrow), Some(wide)) if narrow.implies(wide))
        })
    })
}

/// Whether the two can never hold together.
#[must_use]
pub fn excludes(left: &Expression, right: &Expression) -> bool {
    let opposed = |left: &Expression, right: &Expression| match (left, right) {
        (Expression::Not(inner), other) | (other, Expression::Not(inner)) => **inner == *other,
        _ => match (Narrow::of(left), Narrow::of(right)) {
            (Some(left), Some(right)) => left.excludes(&right),
            _ => false,
        },
    };
    left.conjuncts().iter().any(|left| {
        let mut others = right.conjuncts().iter();
        others.any(|right| opposed(left, right))
    })
}
