//! From what was typed to the data of a move. What cannot be right stays as it was typed, and the
//! schema says so.

use super::field::{Field, Kind};
use super::typed::Typed;
use crate::screens::words::zone;
use jiff::civil::DateTime;
use serde_json::{Map, Value};

/// The data of these questions; what was left empty is left out.
pub(in crate::screens) fn read(fields: &[Field], typed: &Typed) -> Value {
    Value::Object(object(&fields.iter().collect::<Vec<_>>(), "", typed))
}

fn object(fields: &[&Field], inside: &str, typed: &Typed) -> Map<String, Value> {
    let read = |field: &&Field| {
        let path = field.path(inside);
        Some((field.name.clone(), value(field, &path, typed)?))
    };
    fields.iter().filter_map(read).collect()
}

fn value(field: &Field, path: &str, typed: &Typed) -> Option<Value> {
    match &field.kind {
        Kind::Line | Kind::Text | Kind::Date | Kind::One(_) => text(typed, path).map(Value::from),
        Kind::Moment => text(typed, path).map(|text| Value::from(moment(&text))),
        Kind::Number | Kind::OneNumber(_) => text(typed, path).map(|text| number(&text)),
        Kind::Tick => text(typed, path).map(|_| Value::from(true)),
        Kind::YesNo => text(typed, path).map(|text| Value::from(text == "yes")),
        Kind::Many(_) => several(typed, path, &|text| Value::from(text)),
        Kind::ManyNumbers(_) => several(typed, path, &number),
        Kind::Group { .. } => {
            let inner = object(&field.inner(), path, typed);
            let told = !inner.is_empty() || field.needed;
            told.then_some(Value::Object(inner))
        }
        Kind::Entries { item, at_most } => {
            let places = (0..*at_most).map(|at| format!("{path}.{at}"));
            let places = places.filter(|place| typed.holds(place));
            let entries = places.enumerate().filter_map(|(at, place)| {
                let mut entry = value(item, &place, typed)?;
                number_it(item, &mut entry, at);
                Some(entry)
            });
            let entries: Vec<Value> = entries.collect();
            (!entries.is_empty()).then_some(Value::Array(entries))
        }
        Kind::Counted(_) => None,
    }
}

fn number_it(item: &Field, entry: &mut Value, at: usize) {
    let counted = item.inner().into_iter().find_map(|field| {
        let Kind::Counted(codes) = &field.kind else {
            return None;
        };
        Some((&field.name, codes.get(at)?))
    });
    if let (Some((name, code)), Some(entry)) = (counted, entry.as_object_mut()) {
        entry.insert(name.clone(), Value::from(code.as_str()));
    }
}

/// Browsers end lines in two characters.
fn text(typed: &Typed, path: &str) -> Option<String> {
    let text = typed.one(path)?.replace("\r\n", "\n");
    let text = text.trim();
    (!text.is_empty()).then(|| text.to_owned())
}

fn several(typed: &Typed, path: &str, read: &dyn Fn(&str) -> Value) -> Option<Value> {
    let items: Vec<Value> = typed
        .all(path)
        .filter(|text| !text.is_empty())
        .map(read)
        .collect();
    (!items.is_empty()).then_some(Value::Array(items))
}

fn number(text: &str) -> Value {
    text.parse::<i64>()
        .map_or_else(|_| Value::from(text), Value::from)
}

/// A local time in Scotland, as an instant.
fn moment(text: &str) -> String {
    let local: Result<DateTime, _> = text.parse();
    let instant = local.and_then(|local| local.to_zoned(zone()));
    instant.map_or_else(|_| text.to_owned(), |at| at.timestamp().to_string())
}

/// Entries without a gap, so that places in the data are places in the form.
pub(in crate::screens) fn close_up(fields: &[Field], typed: &mut Typed) {
    for field in fields {
        close(field, "", typed);
    }
}

fn close(field: &Field, inside: &str, typed: &mut Typed) {
    let path = field.path(inside);
    if let Kind::Entries { at_most, .. } = &field.kind {
        let places = (0..*at_most).map(|at| format!("{path}.{at}"));
        let filled: Vec<String> = places.filter(|place| typed.holds(place)).collect();
        let mut moved = Vec::new();
        for (name, text) in std::mem::take(&mut typed.pairs) {
            let Some(rest) = name.strip_prefix(&format!("{path}.")) else {
                moved.push((name, text));
                continue;
            };
            let at = rest.split('.').next().unwrap_or_default();
            let place = format!("{path}.{at}");
            if let Some(to) = filled.iter().position(|filled| *filled == place) {
                let tail = name.strip_prefix(&place).unwrap_or_default();
                moved.push((format!("{path}.{to}{tail}"), text));
            }
        }
        typed.pairs = moved;
        return;
    }
    for inner in field.inner() {
        close(inner, &path, typed);
    }
}
