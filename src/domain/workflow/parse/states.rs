//! `states`: where a request can stand.

use super::super::definition::{StateHolder, StateRule};
use super::super::located::{Node, Reader};
use crate::domain::ids::StateName;
use indexmap::IndexMap;

/// Words of the language; a state may not have them as its name.
const RESERVED: [&str; 3] = ["start", "any", "same"];

const HOLDERS: [(&str, StateHolder); 3] = [
    ("team", StateHolder::Team),
    ("worker", StateHolder::Worker),
    ("requester", StateHolder::Requester),
];

pub(super) fn read(reader: &mut Reader, node: &Node) -> IndexMap<StateName, StateRule> {
    let mut states = IndexMap::new();
    for entry in reader.entries(node, "states") {
        if RESERVED.contains(&entry.key.as_str()) {
            let found = format!("a state named `{}`", entry.key);
            reader.wrong_key(entry, found, "every name but start, any, same");
        }
        let name = reader.key_id(entry, StateName::parse);
        if let (Some(name), Some(rule)) = (name, rule(reader, &entry.value)) {
            states.insert(name, rule);
        }
    }
    states
}

fn rule(reader: &mut Reader, node: &Node) -> Option<StateRule> {
    let mut fields = reader.fields(node)?;
    let title = fields.need_as(reader, "title", Reader::text);
    let meaning = fields.need_as(reader, "meaning", Reader::text);
    let held_by = fields.find_as(reader, "held_by", |r, n| r.word(n, "holder", &HOLDERS));
    let ends = fields.flag(reader, "ends");
    let waiting = fields.flag(reader, "waiting");
    let helping = fields.flag(reader, "helping");
    let restricted = fields.flag(reader, "restricted");
    fields.finish(reader);
    Some(StateRule {
        title: title?,
        meaning: meaning?,
        held_by: held_by.unwrap_or_default(),
        ends,
        waiting,
        helping,
        restricted,
    })
}
