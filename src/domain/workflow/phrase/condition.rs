//! An expression as people read it.

use super::super::definition::Definition;
use super::super::expression::{Comparison, Expression, Fact, Narrow, Operand, Path};
use super::{all_of, any_of, title_at, words};
use serde_json::Value;

/// The schemas that have the titles.
#[derive(Debug, Clone, Copy)]
pub struct Titles<'a> {
    /// Of the act at hand.
    pub data: &'a Value,
    /// Of the opening act.
    pub request: &'a Value,
}

impl<'a> Titles<'a> {
    #[must_use]
    pub fn of(definition: &'a Definition, data: &'a Value) -> Self {
        let opening = definition.moves.values().find(|rule| rule.opens);
        Self {
            data,
            request: opening.map_or(&Value::Null, |rule| &rule.data),
        }
    }
}

/// `if “Result” is “not child protection”`; nothing where nothing is asked.
#[must_use]
pub fn condition(when: &Expression, titles: Titles<'_>) -> String {
    if when.is_always() {
        return String::new();
    }
    format!("if {}", told(when, titles, true))
}

/// `yes` is whether it is told as it stands, or its opposite.
fn told(expression: &Expression, titles: Titles<'_>, yes: bool) -> String {
    if let Some(narrow) = Narrow::of(expression)
        && let Some(words) = narrowed(&narrow, titles, yes)
    {
        return words;
    }
    let each = |parts: &[Expression]| -> Vec<String> {
        parts.iter().map(|part| told(part, titles, yes)).collect()
    };
    match expression {
        Expression::All(parts) | Expression::Any(parts) if parts.is_empty() => {
            let always = matches!(expression, Expression::All(_)) == yes;
            if always { "in any case" } else { "in no case" }.to_owned()
        }
        Expression::All(parts) if yes => all_of(&each(parts)),
        Expression::Any(parts) if !yes => all_of(&each(parts)),
        Expression::All(parts) | Expression::Any(parts) => {
            format!("either {}", any_of(&each(parts)))
        }
        Expression::Not(inner) => told(inner, titles, !yes),
        Expression::Has(path) | Expression::Is(path) | Expression::Holds(_, path) => {
            let is = if yes { "is" } else { "is not" };
            format!("{} {is} so", title(path, titles))
        }
        Expression::Among(operand, values) => {
            let values: Vec<String> = values.iter().map(value_words).collect();
            let is = if yes { "is" } else { "is not" };
            format!(
                "{} {is} {}",
                operand_words(operand, titles),
                any_of(&values)
            )
        }
        Expression::Compare(left, how, right) => {
            let (left, right) = (operand_words(left, titles), operand_words(right, titles));
            format!("{left} {} {right}", comparison(*how, yes))
        }
    }
}

/// What one path has to be.
fn narrowed(narrow: &Narrow<'_>, titles: Titles<'_>, yes: bool) -> Option<String> {
    if let Path::Fact(fact) = narrow.path {
        return fact_words(*fact, narrow.values.as_deref()?, yes);
    }
    let title = title(narrow.path, titles);
    Some(match (&narrow.values, narrow.of_list) {
        (None, _) if yes => format!("{title} is given"),
        (None, _) => format!("{title} is not given"),
        (Some(values), of_list) => {
            let values: Vec<String> = values.iter().map(|value| value_words(value)).collect();
            let is = match (of_list, yes) {
                (true, true) => "includes",
                (true, false) => "does not include",
                (false, true) => "is",
                (false, false) => "is not",
            };
            format!("{title} {is} {}", any_of(&values))
        }
    })
}

fn fact_words(fact: Fact, values: &[&Value], yes: bool) -> Option<String> {
    let [value] = values else { return None };
    let (so, not_so) = fact.words();
    match value {
        Value::Bool(value) => Some(if *value == yes { so } else { not_so }.to_owned()),
        Value::Number(count) if count.as_u64() == Some(0) => Some(if yes {
            not_so.to_owned()
        } else {
            format!("there are {so}")
        }),
        Value::Null | Value::Number(_) | Value::String(_) | Value::Array(_) | Value::Object(_) => {
            None
        }
    }
}

fn operand_words(operand: &Operand, titles: Titles<'_>) -> String {
    match operand {
        Operand::Path(path) => title(path, titles),
        Operand::Value(value) => value_words(value),
    }
}

fn title(path: &Path, titles: Titles<'_>) -> String {
    match path {
        Path::Data(path) => format!("“{}”", title_at(titles.data, path)),
        Path::Request(path) => format!("“{}”", title_at(titles.request, path)),
        Path::Fact(fact) if fact.is_count() => format!("the number of {}", fact.words().0),
        Path::Fact(fact) => fact.words().0.to_owned(),
    }
}

fn comparison(how: Comparison, yes: bool) -> &'static str {
    match (how, yes) {
        (Comparison::Equal, true) | (Comparison::Unequal, false) => "is",
        (Comparison::Unequal, true) | (Comparison::Equal, false) => "is not",
        (Comparison::Less, true) | (Comparison::AtLeast, false) => "is less than",
        (Comparison::AtLeast, true) | (Comparison::Less, false) => "is at least",
        (Comparison::More, true) | (Comparison::AtMost, false) => "is more than",
        (Comparison::AtMost, true) | (Comparison::More, false) => "is at most",
    }
}

fn value_words(value: &Value) -> String {
    match value {
        Value::Bool(true) => "yes".to_owned(),
        Value::Bool(false) => "no".to_owned(),
        Value::String(code) => format!("“{}”", words(code)),
        Value::Null | Value::Number(_) | Value::Array(_) | Value::Object(_) => value.to_string(),
    }
}
