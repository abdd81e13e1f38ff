//! One thing wrong with a schema, and how it becomes a problem of the file that holds the schema.

use super::super::lint::Rule;
use super::super::located::{Node, Reader, Yaml};
use super::vocabulary;
use serde_json::Value;

/// One thing wrong with a schema.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fault {
    /// JSON pointer into the schema.
    pub(crate) pointer: String,
    pub(crate) found: String,
    pub(crate) allowed: String,
}

impl Fault {
    fn words(&self) -> [&str; 2] {
        [&self.found, &self.allowed]
    }

    /// As a problem of the file; `node` is the schema.
    pub(crate) fn report(&self, reader: &mut Reader, node: &Node) {
        let wanted = format!("{}{}", node.pointer, self.pointer);
        report_at(reader, node, &wanted, self);
    }
}

/// Everything wrong with the schema of a move. `derived` are the codes that `x-derives` may name.
pub(crate) fn faults(schema: &Value, derived: &[&str]) -> Vec<Fault> {
    let mut faults = vocabulary::outside(schema, derived);
    if faults.is_empty()
        && let Err((pointer, found)) = super::compile(schema)
    {
        faults.push(Fault {
            pointer,
            found,
            allowed: "JSON Schema 2020-12".to_owned(),
        });
    }
    faults
}

fn report_at(reader: &mut Reader, node: &Node, wanted: &str, fault: &Fault) {
    if node.pointer == wanted {
        return reader.against(Rule::E34, node, fault.words());
    }
    let leads = |pointer: &str| {
        wanted == pointer
            || wanted
                .strip_prefix(pointer)
                .is_some_and(|rest| rest.starts_with('/'))
    };
    if let Some(entry) = node
        .entries()
        .iter()
        .find(|entry| leads(&entry.value.pointer))
    {
        if entry.value.pointer == wanted {
            return reader.against_key(Rule::E34, entry, fault.words());
        }
        return report_at(reader, &entry.value, wanted, fault);
    }
    if let Yaml::List(items) = &node.yaml
        && let Some(item) = items.iter().find(|item| leads(&item.pointer))
    {
        return report_at(reader, item, wanted, fault);
    }
    reader.against(Rule::E34, node, fault.words());
}
