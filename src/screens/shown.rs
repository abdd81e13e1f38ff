//! What was written, read back: questions with their answers.

use super::form::{Field, Kind};
use super::words::{date, day, moment, plain};
use jiff::Timestamp;
use jiff::civil::Date;
use maud::{Markup, html};
use serde_json::{Map, Value};

/// The answers that are there, in the order of the questions.
pub(super) fn answers(fields: &[Field], data: &Map<String, Value>) -> Markup {
    let fields: Vec<&Field> = fields.iter().collect();
    html! {
        dl.facts { (rows(&fields, data)) }
    }
}

/// The same where a heading stands above them: a question in the heading's words is not said twice.
pub(super) fn answers_under(heading: &str, fields: &[Field], data: &Map<String, Value>) -> Markup {
    let said = fields.iter().position(|field| field.title == heading);
    let others = fields.iter().enumerate();
    let others = others.filter(|(at, field)| Some(*at) != said && data.contains_key(&field.name));
    let others: Vec<&Field> = others.map(|(_, field)| field).collect();
    let said = said.and_then(|at| fields.get(at));
    let value = said.and_then(|field| Some((field, data.get(&field.name)?)));
    html! {
        @match value {
            Some((field, Value::Object(inner))) => dl.facts { (rows(&field.inner(), inner)) },
            Some((field, value)) => (alone(field, value)),
            None => {}
        }
        @if !others.is_empty() { dl.facts { (rows(&others, data)) } }
    }
}

/// An answer without its question.
fn alone(field: &Field, value: &Value) -> Markup {
    match (&field.kind, value) {
        (Kind::Entries { item, .. }, Value::Array(entries)) => html! {
            ol { @for entry in entries { li { (one(item, entry)) } } }
        },
        (_, Value::Array(items)) => {
            let items: Vec<String> = items.iter().map(|item| text(field, item)).collect();
            html! { p { (items.join(", ")) } }
        }
        (_, value) => html! { p.written { (text(field, value)) } },
    }
}

fn rows(fields: &[&Field], data: &Map<String, Value>) -> Markup {
    html! {
        @for field in fields {
            @if let Some(value) = data.get(&field.name) { (row(field, value)) }
        }
    }
}

fn row(field: &Field, value: &Value) -> Markup {
    match (&field.kind, value) {
        (Kind::Group { first, more }, Value::Object(inner)) => {
            let fields: Vec<&Field> = first.iter().chain(more).collect();
            html! {
                div { dt { (field.title) } dd { dl.facts { (rows(&fields, inner)) } } }
            }
        }
        (Kind::Entries { item, .. }, Value::Array(entries)) => html! {
            div { dt { (field.title) } dd { ol {
                @for entry in entries { li { (one(item, entry)) } }
            } } }
        },
        (_, Value::Array(items)) => {
            let items: Vec<String> = items.iter().map(|item| text(field, item)).collect();
            html! { div { dt { (field.title) } dd { (items.join(", ")) } } }
        }
        (_, value) => html! {
            div { dt { (field.title) } dd.written { (text(field, value)) } }
        },
    }
}

fn one(item: &Field, entry: &Value) -> Markup {
    let (Kind::Group { first, more }, Value::Object(inner)) = (&item.kind, entry) else {
        return html! { (text(item, entry)) };
    };
    let fields = first.iter().chain(more);
    let parts: Vec<String> = fields
        .filter(|field| !matches!(field.kind, Kind::Counted(_)))
        .filter_map(|field| Some(text(field, inner.get(&field.name)?)))
        .collect();
    html! { (parts.join(" – ")) }
}

fn text(field: &Field, value: &Value) -> String {
    match value {
        Value::Bool(true) => "Yes".to_owned(),
        Value::Bool(false) => "No".to_owned(),
        Value::String(text) => {
            let mut choices = field.choices().iter();
            if let Some(choice) = choices.find(|choice| choice.value == *text) {
                return choice.label.clone();
            }
            in_words(field, text)
        }
        Value::Number(number) => {
            let text = number.to_string();
            let mut choices = field.choices().iter();
            let found = choices.find(|choice| choice.value == text);
            found.map_or(text, |choice| choice.label.clone())
        }
        Value::Null | Value::Array(_) | Value::Object(_) => value.to_string(),
    }
}

fn in_words(field: &Field, text: &str) -> String {
    let known = match field.kind {
        Kind::Date => text
            .parse::<Date>()
            .ok()
            .map(|date| date.strftime("%-d %B %Y").to_string()),
        Kind::Moment => text.parse::<Timestamp>().ok().map(moment),
        Kind::One(_) => Some(plain(text)),
        Kind::Line
        | Kind::Text
        | Kind::Number
        | Kind::Tick
        | Kind::YesNo
        | Kind::Many(_)
        | Kind::OneNumber(_)
        | Kind::ManyNumbers(_)
        | Kind::Group { .. }
        | Kind::Entries { .. }
        | Kind::Counted(_) => None,
    };
    known.unwrap_or_else(|| text.to_owned())
}

/// A date of the year that is not this one says which.
pub(super) fn when(at: Timestamp, now: Timestamp) -> String {
    let zone = super::words::zone();
    let (then, today) = (at.to_zoned(zone.clone()), now.to_zoned(zone));
    if then.year() == today.year() {
        moment(at)
    } else {
        format!(
            "{} {}",
            day(then.date()),
            date(at).rsplit(' ').next().unwrap_or_default()
        )
    }
}
