//! W24 and W27: what people read is labelled, short, and not the same for two things.

use super::{Ground, Rule};
use crate::domain::workflow::located::{Node, Reader, Yaml};
use std::collections::BTreeSet;

/// Words of one sentence. The Scottish Government's guidance on writing for the web asks for fewer
/// than 25.
const SENTENCE_WORDS: usize = 25;

pub(super) fn check(ground: &Ground<'_>, reader: &mut Reader) {
    same_titles(ground, reader);
    for entry in ground.root.find("states").map_or(&[][..], Node::entries) {
        sentences(reader, &entry.value, "meaning");
    }
    for entry in ground.root.find("moves").map_or(&[][..], Node::entries) {
        sentences(reader, &entry.value, "because");
        if let Some(Yaml::List(paths)) = entry.value.find("paths").map(|paths| &paths.yaml) {
            paths
                .iter()
                .for_each(|path| sentences(reader, path, "because"));
        }
        if let Some(data) = entry.value.find("data") {
            fields(reader, data);
        }
    }
}

/// Two moves that a person meets side by side.
fn same_titles(ground: &Ground<'_>, reader: &mut Reader) {
    let steps = &ground.steps;
    let states_of = |name| -> BTreeSet<_> {
        let own = steps.iter().filter(|step| step.name == name);
        own.map(|step| step.from).collect()
    };
    let moves: Vec<_> = ground.definition.moves.iter().collect();
    for (i, (name, rule)) in moves.iter().enumerate() {
        let meets = |other: &&(_, _)| !states_of(*name).is_disjoint(&states_of(other.0));
        let mut same = moves[..i].iter().filter(|(_, o)| o.title == rule.title);
        let other = same.find(meets);
        let entry = ground.entry("moves", name.as_str());
        if let (Some((other, _)), Some(entry)) = (other, entry) {
            let found = format!("the title of `{name}` is that of `{other}`");
            let allowed = "a title that tells the two apart";
            reader.against_key(Rule::W24, entry, [&found, allowed]);
        }
    }
}

/// Every field that people fill in, however deep.
fn fields(reader: &mut Reader, schema: &Node) {
    let properties = schema.find("properties").map_or(&[][..], Node::entries);
    for entry in properties {
        let field = &entry.value;
        if field.find("title").is_none() && !field.entries().is_empty() {
            let found = format!("the field `{}` has no label", entry.key);
            reader.against_key(Rule::W27, entry, [&found, "a `title` in plain words"]);
        }
        sentences(reader, field, "description");
        fields(reader, field);
    }
    // `then` and `else` say more of fields that are labelled where they are declared.
    if let Some(items) = schema.find("items") {
        fields(reader, items);
    }
    for entry in schema.find("$defs").map_or(&[][..], Node::entries) {
        fields(reader, &entry.value);
    }
}

fn sentences(reader: &mut Reader, of: &Node, key: &str) {
    let Some(node) = of.find(key) else { return };
    let text = node.as_text().unwrap_or_default();
    let longest = text
        .split(['.', '?', '!', ':', ';'])
        .map(|sentence| sentence.split_whitespace().count())
        .max()
        .unwrap_or_default();
    if longest > SENTENCE_WORDS {
        let found = format!("a sentence of {longest} words");
        let allowed = format!("at most {SENTENCE_WORDS}: say it in two");
        reader.against(Rule::W27, node, [&found, &allowed]);
    }
}
