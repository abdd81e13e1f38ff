//! `roles`: who may move a request, by grants held or by relation to it.

use super::super::definition::{Relation, RoleRule, Scope};
use super::super::lint::Rule;
use super::super::located::{Node, Reader};
use crate::domain::ids::RoleName;
use indexmap::IndexMap;

const SCOPES: [(&str, Scope); 2] = [("owner", Scope::Owner), ("anywhere", Scope::Anywhere)];
const RELATIONS: [(&str, Relation); 9] = [
    ("requester", Relation::Requester),
    ("cover", Relation::Cover),
    ("worker", Relation::Worker),
    ("decider", Relation::Decider),
    ("proposer", Relation::Proposer),
    ("claim-holder", Relation::ClaimHolder),
    ("action", Relation::Action),
    ("concern-author", Relation::ConcernAuthor),
    ("concern-holder", Relation::ConcernHolder),
];

pub(super) fn read(reader: &mut Reader, node: &Node) -> IndexMap<RoleName, RoleRule> {
    let mut roles = IndexMap::new();
    for entry in reader.entries(node, "roles") {
        let name = reader.key_id(entry, RoleName::parse);
        if let (Some(name), Some(rule)) = (name, rule(reader, &entry.value)) {
            roles.insert(name, rule);
        }
    }
    roles
}

fn rule(reader: &mut Reader, node: &Node) -> Option<RoleRule> {
    let mut fields = reader.fields(node)?;
    let title = fields.need_as(reader, "title", Reader::text);
    let any_of = fields.find("any_of");
    let of = fields.find("of");
    let relation = fields.find("relation");
    let opened = fields.flag(reader, "opened");
    fields.finish(reader);
    match (any_of, relation) {
        (Some(_), Some(relation)) => {
            let found = "both `any_of` and `relation`";
            reader.wrong(relation, found, "one of the two");
        }
        (None, None) => {
            let found = "a role that nobody can hold";
            reader.against(Rule::E04, node, [found, "`any_of` (grants) or `relation`"]);
        }
        (None, Some(_)) => {
            if let Some(of) = of {
                reader.wrong(of, "`of` beside `relation`", "`of` beside `any_of`");
            }
        }
        (Some(_), None) => {}
    }
    let any_of = any_of.map_or_else(Vec::new, |node| {
        let items = reader.items(node, "grants").iter();
        items
            .filter_map(|item| reader.id(item, RoleName::parse))
            .collect()
    });
    Some(RoleRule {
        title: title?,
        any_of,
        of: of
            .and_then(|node| reader.word(node, "scope", &SCOPES))
            .unwrap_or_default(),
        relation: relation.and_then(|node| reader.word(node, "relation", &RELATIONS)),
        opened,
    })
}
