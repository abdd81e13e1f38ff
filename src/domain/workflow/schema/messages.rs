//! A validator's error in our words: the place, the rule, what is allowed. Never the value, and never
//! the name of a field that the schema does not know, for that too came from outside.

use super::super::located::escaped;
use super::DataError;
use super::shape::Views;
use jsonschema::ValidationError;
use jsonschema::error::{TypeKind, ValidationErrorKind as Kind};
use serde_json::Value;

pub(super) fn data_error(schema: &Value, error: &ValidationError<'_>) -> DataError {
    let kind = error.kind();
    let pointer = error.instance_path().as_str();
    let (what, allowed) = words(kind);
    if let Kind::Required { property } = kind {
        // The place of what is missing is more use than that of its parent.
        let name = escaped(property.as_str().unwrap_or_default());
        return DataError::at(&format!("{pointer}/{name}"), what, allowed);
    }
    if let Kind::AdditionalProperties { unexpected } | Kind::UnevaluatedProperties { unexpected } =
        kind
    {
        let known = at(schema, pointer).property_names().join(", ");
        return DataError::at(pointer, unknown_fields(unexpected.len()), known);
    }
    DataError::at(pointer, what, allowed)
}

fn unknown_fields(count: usize) -> String {
    match count {
        1 => "a field that does not exist".to_owned(),
        _ => format!("{count} fields that do not exist"),
    }
}

/// The schemas at a pointer into the data.
fn at<'s>(schema: &'s Value, pointer: &str) -> Views<'s> {
    let mut views = Views::of(schema);
    for part in pointer.split('/').skip(1) {
        let name = part.replace("~1", "/").replace("~0", "~");
        let member = views.property(&name);
        views = match name.parse() {
            Ok(i) if member.is_unknown() => views.item(Some(i)),
            _ => member,
        };
    }
    views
}

/// What the forms of an `anyOf` or `oneOf` ask, without repetition.
fn forms(context: &[Vec<ValidationError<'_>>]) -> String {
    let mut forms: Vec<String> = Vec::new();
    for error in context.iter().flatten() {
        let (_, allowed) = words(error.kind());
        if !allowed.is_empty() && !forms.contains(&allowed) {
            forms.push(allowed);
        }
    }
    forms.join("; or ")
}

fn words(kind: &Kind) -> (String, String) {
    let (what, allowed) = match kind {
        Kind::Enum { options } => ("not one of the values", list(options)),
        Kind::Constant { expected_value } => ("another value", expected_value.to_string()),
        Kind::Type { kind } => ("another kind of value", types(kind)),
        Kind::Format { format } => ("not of the form", format_words(format)),
        Kind::Pattern { pattern } => ("not of the form", format!("the pattern {pattern}")),
        Kind::MaxLength { limit } => ("too long", format!("at most {limit} characters")),
        Kind::MinLength { limit } => ("too short", format!("at least {limit} characters")),
        Kind::MaxItems { limit } => ("too many", format!("at most {limit} items")),
        Kind::AdditionalItems { limit } => ("too many", format!("at most {limit} items")),
        Kind::MinItems { limit } => ("too few", format!("at least {limit} items")),
        Kind::MaxProperties { limit } => ("too many fields", format!("at most {limit}")),
        Kind::MinProperties { limit } => ("too few fields", format!("at least {limit}")),
        Kind::Maximum { limit } => ("too large", format!("at most {limit}")),
        Kind::Minimum { limit } => ("too small", format!("at least {limit}")),
        Kind::ExclusiveMaximum { limit } => ("too large", format!("less than {limit}")),
        Kind::ExclusiveMinimum { limit } => ("too small", format!("more than {limit}")),
        Kind::MultipleOf { multiple_of } => ("not a multiple", format!("of {multiple_of}")),
        Kind::UniqueItems => ("the same item twice", "each item once".to_owned()),
        Kind::Contains => ("no item that is asked for", "at least one".to_owned()),
        Kind::UnevaluatedItems { .. } => ("items that do not belong", String::new()),
        Kind::FalseSchema => ("not asked for here", "nothing: leave it out".to_owned()),
        Kind::Not { .. } => ("a combination that is not allowed", String::new()),
        Kind::OneOfMultipleValid { .. } => ("fits several forms", "exactly one".to_owned()),
        Kind::AnyOf { context } | Kind::OneOfNotValid { context } => {
            ("fits none of the forms", forms(context))
        }
        Kind::Required { property } => (
            "missing",
            format!("a value for `{}`", property.as_str().unwrap_or_default()),
        ),
        Kind::AdditionalProperties { .. } | Kind::UnevaluatedProperties { .. } => {
            ("a field that does not exist", String::new())
        }
        // These cannot come from schemas that `vocabulary` lets pass.
        Kind::BacktrackLimitExceeded { .. }
        | Kind::RegexEngineFailure { .. }
        | Kind::ContentEncoding { .. }
        | Kind::ContentMediaType { .. }
        | Kind::Custom { .. }
        | Kind::FromUtf8 { .. }
        | Kind::PropertyNames { .. }
        | Kind::Referencing(_) => ("cannot be checked", String::new()),
    };
    (what.to_owned(), allowed)
}

fn list(values: &Value) -> String {
    let text = |value: &Value| {
        value
            .as_str()
            .map_or_else(|| value.to_string(), str::to_owned)
    };
    let values = values.as_array().map_or(&[][..], Vec::as_slice);
    values.iter().map(text).collect::<Vec<_>>().join(", ")
}

fn types(kind: &TypeKind) -> String {
    match kind {
        TypeKind::Single(one) => one.to_string(),
        TypeKind::Multiple(several) => {
            let names: Vec<String> = several.iter().map(|t| t.to_string()).collect();
            names.join(" or ")
        }
    }
}

fn format_words(format: &str) -> String {
    match format {
        "date" => "a date that exists, as 2026-01-31".to_owned(),
        "date-time" => "a time with its offset, as 2026-01-31T09:30:00Z".to_owned(),
        "uuid" => "a UUID".to_owned(),
        "email" | "idn-email" => "an e-mail address".to_owned(),
        other => other.to_owned(),
    }
}
