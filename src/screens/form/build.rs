//! From a schema to the questions of a form.

use super::field::{Choice, Field, Kind};
use super::hints::{Hints, Known};
use crate::screens::words::plain;
use serde_json::{Map, Value};

/// From here on a text gets a box of several lines.
const LONG: u64 = 250;
/// More choices than these stand in a list to open.
const SHOWN_MAX: i64 = 12;

/// Gives what is known here.
pub(in crate::screens) type Source<'a> = &'a dyn Fn(Known) -> Vec<Choice>;

struct Builder<'a> {
    root: &'a Value,
    hints: &'a Hints,
    source: Source<'a>,
}

/// The questions at the top of a schema, in the order in which they are asked.
pub(in crate::screens) fn build(schema: &Value, hints: &Hints, source: Source<'_>) -> Vec<Field> {
    let builder = Builder {
        root: schema,
        hints,
        source,
    };
    let (mut first, more) = builder.members(schema, "");
    first.extend(more);
    first
}

impl<'a> Builder<'a> {
    fn referred(&self, schema: &'a Value) -> Option<&'a Value> {
        let name = schema.get("$ref")?.as_str()?.strip_prefix("#/$defs/")?;
        self.root.get("$defs")?.get(name)
    }

    /// With what a `$ref` leads to; what stands beside it goes before.
    fn target(&self, schema: &'a Value) -> Map<String, Value> {
        let own = schema.as_object().cloned().unwrap_or_default();
        let target = self.referred(schema).and_then(Value::as_object);
        let mut merged = target.cloned().unwrap_or_default();
        merged.extend(own);
        merged
    }

    /// Those that come first, and the others.
    fn members(&self, schema: &'a Value, path: &str) -> (Vec<Field>, Vec<Field>) {
        let schema = self.referred(schema).unwrap_or(schema);
        let properties = schema.get("properties").and_then(Value::as_object);
        let Some(properties) = properties else {
            return (Vec::new(), Vec::new());
        };
        let required = required(schema);
        let sometimes = conditions(schema);
        let need = |name: &str| match name {
            name if required.contains(&name) => Need::Always,
            name if sometimes.contains(&name) => Need::Sometimes,
            _ => Need::Never,
        };
        let named = self.hints.first.get(path);
        let order: Vec<&str> = match named {
            Some(named) => named.iter().map(String::as_str).collect(),
            None => required.clone(),
        };
        let field = |name: &str| {
            let schema = properties.get(name)?;
            self.field(name, schema, (path, need(name)))
        };
        let first: Vec<Field> = order.iter().filter_map(|name| field(name)).collect();
        let others = properties.keys().map(String::as_str);
        let others = others.filter(|name| !order.contains(name));
        let more: Vec<Field> = others.filter_map(field).collect();
        // Few, and nobody said what comes first: they stand with the rest.
        if named.is_none() && (more.len() <= 3 || path.is_empty()) {
            return (first.into_iter().chain(more).collect(), Vec::new());
        }
        (first, more)
    }

    fn field(&self, name: &str, schema: &'a Value, at: (&str, Need)) -> Option<Field> {
        let (inside, need) = at;
        let path = if inside.is_empty() {
            name.to_owned()
        } else {
            format!("{inside}.{name}")
        };
        let target = self.target(schema);
        let text = |key: &str| target.get(key).and_then(Value::as_str);
        Some(Field {
            name: name.to_owned(),
            title: text("title").map_or_else(|| plain(name), str::to_owned),
            hint: match self.hints.hints.get(&path) {
                Some(hint) => hint.clone(),
                None => text("description").unwrap_or_default().to_owned(),
            },
            needed: need != Need::Never,
            may_stay_open: need != Need::Always,
            ask: self.hints.asks.get(&path).cloned(),
            kind: self.kind(schema, &target, &path)?,
        })
    }

    fn kind(&self, schema: &'a Value, target: &Map<String, Value>, path: &str) -> Option<Kind> {
        let text = |key: &str| target.get(key).and_then(Value::as_str);
        let known = self
            .hints
            .choices
            .get(path)
            .map(|known| (self.source)(*known));
        if let Some(codes) = target.get("enum").and_then(Value::as_array) {
            let codes = codes.iter().filter_map(Value::as_str);
            if self.hints.counted.contains(path) {
                return Some(Kind::Counted(codes.map(str::to_owned).collect()));
            }
            let choices = self.choices(path, codes);
            let known = known.unwrap_or_default().into_iter();
            let known: Vec<Choice> = known
                .filter(|one| choices.iter().any(|choice| choice.value == one.value))
                .collect();
            return Some(Kind::One(if known.is_empty() { choices } else { known }));
        }
        match (text("type"), known) {
            (Some("object"), _) => {
                let (first, more) = self.members(schema, path);
                Some(Kind::Group { first, more })
            }
            (Some("array"), known) => Some(self.list(schema, target, (path, known))),
            (Some("boolean"), _) if self.hints.ticks.contains(path) => Some(Kind::Tick),
            (Some("boolean"), _) => Some(Kind::YesNo),
            (Some("integer" | "number"), Some(known)) => Some(Kind::OneNumber(known)),
            (Some("integer" | "number"), None) => Some(number(target)),
            (_, Some(known)) => Some(Kind::One(known)),
            (_, None) => Some(match text("format") {
                Some("date") => Kind::Date,
                Some("date-time") => Kind::Moment,
                _ => match target.get("maxLength").and_then(Value::as_u64) {
                    Some(length) if length < LONG => Kind::Line,
                    Some(_) => Kind::Text,
                    None if target.contains_key("pattern") => Kind::Line,
                    None => Kind::Text,
                },
            }),
        }
    }

    fn list(
        &self,
        schema: &'a Value,
        target: &Map<String, Value>,
        (path, known): (&str, Option<Vec<Choice>>),
    ) -> Kind {
        let nothing = &Value::Null;
        let items = schema.get("items").unwrap_or(nothing);
        let codes = items.get("enum").and_then(Value::as_array);
        if let Some(codes) = codes {
            return Kind::Many(self.choices(path, codes.iter().filter_map(Value::as_str)));
        }
        if let Some(known) = known {
            return match items.get("type").and_then(Value::as_str) {
                Some("integer" | "number") => Kind::ManyNumbers(known),
                Some(_) | None => Kind::Many(known),
            };
        }
        let at_most = target.get("maxItems").and_then(Value::as_u64);
        let item = self.field("0", items, ("", Need::Always));
        let kind = self.kind(items, &self.target(items), path);
        let item = item.zip(kind).map(|(item, kind)| Field { kind, ..item });
        match item {
            Some(item) => Kind::Entries {
                item: Box::new(item),
                at_most: at_most
                    .and_then(|most| usize::try_from(most).ok())
                    .unwrap_or(10),
            },
            None => Kind::Text,
        }
    }

    fn choices<'c>(&self, path: &str, codes: impl Iterator<Item = &'c str>) -> Vec<Choice> {
        let choice = |code: &str| Choice {
            value: code.to_owned(),
            label: self.hints.words(path, code),
        };
        codes.map(choice).collect()
    }
}

/// Whether a question has to be answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Need {
    Always,
    /// With some answers to other questions.
    Sometimes,
    Never,
}

fn required(schema: &Value) -> Vec<&str> {
    let names = schema.get("required").and_then(Value::as_array);
    let names = names.map_or(&[][..], Vec::as_slice);
    names.iter().filter_map(Value::as_str).collect()
}

/// What is needed with some answers and not with others: it is not called optional.
fn conditions(schema: &Value) -> Vec<&str> {
    let all = schema.get("allOf").and_then(Value::as_array);
    let all = all.map_or(&[][..], Vec::as_slice);
    let branches = std::iter::once(schema).chain(all);
    branches
        .flat_map(|branch| [branch.get("then"), branch.get("else")])
        .flatten()
        .flat_map(required)
        .collect()
}

/// A scale of a few steps is chosen from.
fn number(target: &Map<String, Value>) -> Kind {
    let bound = |key: &str| target.get(key).and_then(Value::as_i64);
    match (bound("minimum"), bound("maximum")) {
        (Some(low), Some(high)) if (0..SHOWN_MAX).contains(&(high - low)) => Kind::OneNumber(
            (low..=high)
                .map(|step| Choice {
                    value: step.to_string(),
                    label: step.to_string(),
                })
                .collect(),
        ),
        (_, _) => Kind::Number,
    }
}
