//! An expression as text: what `read` reads.

use super::{COMPARISONS, Comparison, Expression, Operand, Path};
use serde_json::Value;
use std::fmt;

/// How strongly the words around an expression bind.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Around {
    Nothing,
    Or,
    And,
    Not,
}

impl fmt::Display for Expression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write(self, Around::Nothing, f)
    }
}

fn write(expression: &Expression, around: Around, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    match expression {
        Expression::All(parts) if parts.is_empty() => f.write_str("true"),
        Expression::Any(parts) if parts.is_empty() => f.write_str("false"),
        Expression::All(parts) => joined(parts, (Around::And, " && "), around, f),
        Expression::Any(parts) => joined(parts, (Around::Or, " || "), around, f),
        Expression::Not(inner) => {
            f.write_str("!")?;
            write(inner, Around::Not, f)
        }
        Expression::Has(path) => write!(f, "has({path})"),
        Expression::Is(path) => write!(f, "{path}"),
        Expression::Compare(left, how, right) => bracketed(around == Around::Not, f, |f| {
            write!(f, "{left} {how} {right}")
        }),
        Expression::Among(operand, values) => bracketed(around == Around::Not, f, |f| {
            write!(f, "{operand} in [")?;
            for (i, value) in values.iter().enumerate() {
                let before = if i == 0 { "" } else { ", " };
                write!(f, "{before}{value}")?;
            }
            f.write_str("]")
        }),
        Expression::Holds(value, path) => {
            bracketed(around == Around::Not, f, |f| write!(f, "{value} in {path}"))
        }
    }
}

fn joined(
    parts: &[Expression],
    (own, with): (Around, &str),
    around: Around,
    f: &mut fmt::Formatter<'_>,
) -> fmt::Result {
    // The same word inside itself would be read as one list of parts.
    bracketed(around >= own, f, |f| {
        for (i, part) in parts.iter().enumerate() {
            f.write_str(if i == 0 { "" } else { with })?;
            write(part, own, f)?;
        }
        Ok(())
    })
}

fn bracketed(
    needed: bool,
    f: &mut fmt::Formatter<'_>,
    inner: impl Fn(&mut fmt::Formatter<'_>) -> fmt::Result,
) -> fmt::Result {
    if !needed {
        return inner(f);
    }
    f.write_str("(")?;
    inner(f)?;
    f.write_str(")")
}

impl fmt::Display for Operand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Path(path) => path.fmt(f),
            // A text of JSON is a text of CEL.
            Self::Value(value) => Value::fmt(value, f),
        }
    }
}

impl fmt::Display for Comparison {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let word = COMPARISONS.iter().find(|(_, how)| how == self);
        f.write_str(word.map_or("==", |(word, _)| word))
    }
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Data(path) => write!(f, "data.{path}"),
            Self::Request(path) => write!(f, "request.{path}"),
            Self::Fact(fact) => f.write_str(fact.name()),
        }
    }
}
