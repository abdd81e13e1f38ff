//! From data to what would have been typed: a form that begins with what somebody else proposed.

use super::field::{Field, Kind};
use super::typed::Typed;
use crate::screens::words::zone;
use jiff::Timestamp;
use serde_json::{Map, Value};

/// What these questions would hold with the data; what is asked for nowhere is left out.
pub(in crate::screens) fn fill(fields: &[Field], data: &Map<String, Value>) -> Typed {
    let mut typed = Typed::default();
    for field in fields {
        if let Some(value) = data.get(&field.name) {
            put(field, &field.name, value, &mut typed);
        }
    }
    typed
}

fn put(field: &Field, path: &str, value: &Value, typed: &mut Typed) {
    match &field.kind {
        Kind::Line | Kind::Text | Kind::Date | Kind::One(_) | Kind::Number | Kind::OneNumber(_) => {
            typed.put(path, &text(value));
        }
        Kind::Moment => typed.put(path, &local(&text(value))),
        Kind::Tick => {
            if value == &Value::Bool(true) {
                typed.put(path, "yes");
            }
        }
        Kind::YesNo => {
            let word = if value == &Value::Bool(true) {
                "yes"
            } else {
                "no"
            };
            typed.put(path, word);
        }
        Kind::Many(_) | Kind::ManyNumbers(_) => {
            let texts = value.as_array().into_iter().flatten().map(text);
            typed
                .pairs
                .extend(texts.map(|text| (path.to_owned(), text)));
        }
        Kind::Group { .. } => {
            for inner in field.inner() {
                if let Some(value) = value.get(&inner.name) {
                    put(inner, &inner.path(path), value, typed);
                }
            }
        }
        Kind::Entries { item, .. } => {
            for (at, entry) in value.as_array().into_iter().flatten().enumerate() {
                put(item, &format!("{path}.{at}"), entry, typed);
            }
        }
        Kind::Counted(_) => {}
    }
}

fn text(value: &Value) -> String {
    value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned)
}

/// An instant, as a local time in Scotland.
fn local(text: &str) -> String {
    let at: Result<Timestamp, _> = text.parse();
    at.map_or_else(
        |_| text.to_owned(),
        |at| at.to_zoned(zone()).strftime("%Y-%m-%dT%H:%M").to_string(),
    )
}

#[cfg(test)]
mod tests {
    use super::super::read;
    use super::*;
    use serde_json::json;

    fn field(name: &str, kind: Kind) -> Field {
        Field {
            name: name.to_owned(),
            title: String::new(),
            hint: String::new(),
            needed: false,
            may_stay_open: true,
            ask: None,
            kind,
        }
    }

    #[test]
    fn what_is_filled_in_reads_back_as_the_data() {
        let entry = Kind::Group {
            first: vec![field("service", Kind::Line), field("places", Kind::Number)],
            more: vec![],
        };
        let fields = [
            field("advice", Kind::Text),
            field("told", Kind::YesNo),
            field("sure", Kind::Tick),
            field("on", Kind::Date),
            field("at", Kind::Moment),
            field("help", Kind::Many(vec![])),
            field(
                "missing",
                Kind::Entries {
                    item: Box::new(field("", entry)),
                    at_most: 3,
                },
            ),
        ];
        let data = json!({
            "advice": "Invented: an advice.", "told": false, "sure": true, "on": "2026-06-01",
            "at": "2026-06-01T09:30:00Z", "help": ["a", "b"],
            "missing": [{ "service": "x", "places": 2 }, { "service": "y", "places": 3 }]
        });
        let typed = fill(&fields, data.as_object().unwrap());
        assert_eq!(read(&fields, &typed), data);
    }
}
