//! What several parts of the language share: paths into data, lists of names, targets.

use super::super::definition::{CLOCK_TARGETS, TARGETS, Target};
use super::super::lint::Rule;
use super::super::located::{Node, Reader, Yaml, quoted};
use super::super::schema::shape::{Known, known_at};
use super::names::{DeclaredMove, Names};
use crate::domain::ids::IdError;
use serde_json::Value;

/// The data that a path may speak of.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ground<'a> {
    schema: &'a Value,
    /// Names under `derived.`; only the opening act has them.
    derived: &'a [&'a str],
}

impl<'a> Ground<'a> {
    pub(super) fn of(names: &'a Names<'a>, of: &'a DeclaredMove<'a>) -> Self {
        Self {
            schema: &of.data,
            derived: if of.opens { &names.derived } else { &[] },
        }
    }

    fn words(&self) -> String {
        let mut words = super::super::schema::shape::coded_paths(self.schema);
        words.extend(self.derived.iter().map(|name| format!("derived.{name}")));
        words.join(", ")
    }

    /// A dotted path to a code.
    pub(super) fn code(&self, reader: &mut Reader, at: &Node, path: &str) {
        let derived = path.strip_prefix("derived.");
        if derived.is_some_and(|name| self.derived.contains(&name)) {
            return;
        }
        match known_at(self.schema, path) {
            Known::Coded(_) => {}
            Known::Personal => {
                let found = format!("{} is sealed, no rule can read it", quoted(path));
                reader.against(Rule::E19, at, [&found, &self.words()]);
            }
            Known::Missing => {
                let found = format!("{} is not in the data", quoted(path));
                reader.against(Rule::E12, at, [&found, &self.words()]);
            }
        }
    }
}

/// A dotted path to anything in the data, sealed or not.
pub(super) fn any_path(reader: &mut Reader, node: &Node, schema: &Value) -> Option<String> {
    let path = reader.text(node)?;
    if matches!(known_at(schema, &path), Known::Missing) {
        let found = format!("{} is not in the data of the opening move", quoted(&path));
        let allowed = "a dotted path, as child.date_of_birth";
        reader.against(Rule::E12, node, [&found, allowed]);
    }
    Some(path)
}

/// A dotted path to a code.
pub(super) fn code_path(reader: &mut Reader, node: &Node, ground: Ground<'_>) -> Option<String> {
    let path = reader.text(node)?;
    ground.code(reader, node, &path);
    Some(path)
}

/// A value that a code can have; `known` are those that the schema lists.
pub(super) fn scalar(reader: &mut Reader, node: &Node, values: Option<&[Value]>) -> Option<Value> {
    if matches!(node.yaml, Yaml::List(_) | Yaml::Map(_) | Yaml::Null) {
        reader.wrong(node, node.describe(), "a text, a number, true or false");
        return None;
    }
    let value = reader.json(node)?;
    match values {
        Some(values) if value != "*" && !values.contains(&value) => {
            if let Some(text) = value.as_str() {
                let known = values.iter().filter_map(Value::as_str);
                reader.known(node, "value", text, known);
            } else {
                let known: Vec<String> = values.iter().map(ToString::to_string).collect();
                reader.against(Rule::E12, node, [&node.describe(), &known.join(", ")]);
            }
            None
        }
        _ => Some(value),
    }
}

/// A name that the file declares.
pub(super) fn declared<T>(
    reader: &mut Reader,
    node: &Node,
    parse: fn(&str) -> Result<T, IdError>,
    what: &str,
    known: &[&str],
) -> Option<T> {
    let id = reader.id(node, parse)?;
    let text = node.as_text()?;
    reader
        .known(node, what, text, known.iter().copied())
        .then_some(id)
}

/// A list of names that the file declares, each once.
pub(super) fn declared_list<T>(
    reader: &mut Reader,
    node: &Node,
    parse: fn(&str) -> Result<T, IdError>,
    what: &str,
    known: &[&str],
) -> Vec<T> {
    let items = reader.items(node, &format!("{what}s"));
    let mut found = Vec::new();
    for (i, item) in items.iter().enumerate() {
        if items[..i].iter().any(|before| before.yaml == item.yaml) {
            reader.wrong(item, format!("{} twice", item.describe()), "each once");
        }
        found.extend(declared(reader, item, parse, what, known));
    }
    found
}

pub(in crate::domain::workflow) fn target(reader: &mut Reader, node: &Node) -> Option<Target> {
    let found = node.as_text().and_then(|text| text.parse().ok());
    if found.is_none() {
        let found = format!("{} as a target", node.describe());
        reader.against(Rule::E10, node, [&found, TARGETS]);
    }
    found
}

/// A span, or a time of the next working day.
pub(super) fn clock_target(reader: &mut Reader, node: &Node) -> Option<Target> {
    let found = node
        .as_text()
        .and_then(|text| Target::parse_of_clock(text).ok());
    if found.is_none() {
        let found = format!("{} as a target", node.describe());
        reader.against(Rule::E10, node, [&found, CLOCK_TARGETS]);
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Option<Target> {
        text.parse().ok()
    }

    #[test]
    fn a_target_is_a_number_and_a_unit_and_never_converted() {
        assert_eq!(read("5wd"), Some(Target::WorkingDays(5)));
        assert_eq!(read("16wh"), Some(Target::WorkingHours(16)));
        assert_eq!(read("15min"), Some(Target::Minutes(15)));
        assert_eq!(read("10d"), Some(Target::CalendarDays(10)));
        assert_eq!(read("12w"), Some(Target::CalendarDays(84)));
        for wrong in [
            "P1D", "5", "", "wd", "5 wd", "0wd", "05wd", "5WD", "5m", "-5wd", "99999d", "1h",
        ] {
            assert_eq!(read(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_time_of_the_next_working_day_is_the_target_of_a_clock_and_no_span() {
        let at_ten = Target::parse_of_clock("next-wd@10:00").unwrap();
        assert!(matches!(at_ten, Target::NextWorkingDayAt(_)));
        assert_eq!(at_ten.to_string(), "next-wd@10:00");
        assert_eq!(Target::parse_of_clock("5wd"), Ok(Target::WorkingDays(5)));
        for wrong in [
            "next-wd",
            "next-wd@",
            "next-wd@10",
            "next-wd@24:00",
            "next-wd@9:00",
            "2wd@10:00",
            "next-d@10:00",
            "next-wd@10:00 ",
            "NEXT-WD@10:00",
        ] {
            assert!(Target::parse_of_clock(wrong).is_err(), "{wrong}");
        }
        assert_eq!(read("next-wd@10:00"), None, "no span of time");
    }
}
