//! `openings`: moves that the first opening of the text makes.

use super::super::definition::{CountedPlace, OpeningRule};
use super::super::located::{Node, Reader};
use super::names::Names;
use super::value;
use crate::domain::ids::{MoveName, RoleName};

const PLACES: [(&str, CountedPlace); 2] = [
    ("anywhere", CountedPlace::Anywhere),
    ("pages", CountedPlace::Pages),
];

pub(super) fn read(reader: &mut Reader, node: &Node, names: &Names<'_>) -> Vec<OpeningRule> {
    let mut found: Vec<OpeningRule> = Vec::new();
    for item in reader.items(node, "openings") {
        let Some(rule) = rule(reader, item, names) else {
            continue;
        };
        if found.iter().any(|before| before.makes == rule.makes) {
            let twice = format!("`{}` made by two openings", rule.makes);
            reader.wrong(item, twice, "each move once");
        }
        found.push(rule);
    }
    found
}

fn rule(reader: &mut Reader, node: &Node, names: &Names<'_>) -> Option<OpeningRule> {
    let moves: Vec<&str> = names.moves.iter().map(|declared| declared.name).collect();
    let mut fields = reader.fields(node)?;
    let by = fields.need_as(reader, "by", |r, n| {
        let roles = value::declared_list(r, n, RoleName::parse, "role", &names.roles);
        Some(roles)
    });
    let makes = fields.need_as(reader, "makes", |r, n| {
        value::declared(r, n, MoveName::parse, "move", &moves)
    });
    let after_decision = fields.flag(reader, "after_decision");
    let on = fields.find_as(reader, "on", |r, n| r.word(n, "place", &PLACES));
    fields.finish(reader);
    Some(OpeningRule {
        by: by?,
        makes: makes?,
        after_decision,
        on: on.unwrap_or_default(),
    })
}
