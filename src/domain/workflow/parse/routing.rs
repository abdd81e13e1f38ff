//! `routing`: which team a new request goes to, and why.

use super::super::definition::{RouteTo, RoutingRule};
use super::super::expression::Expression;
use super::super::lint::Rule;
use super::super::located::{Node, Reader, Yaml};
use super::expression::{self, Speaks};
use super::names::Names;
use super::value::{self, Ground};
use crate::domain::ids::TeamId;

pub(super) fn read(reader: &mut Reader, node: &Node, names: &Names<'_>) -> Vec<RoutingRule> {
    let items = reader.items(node, "routing rules");
    let mut rules = Vec::new();
    for (i, item) in items.iter().enumerate() {
        let last = i + 1 == items.len();
        if item.find("otherwise").is_some() != last {
            let found = if last {
                "a last rule without `otherwise`"
            } else {
                "`otherwise` before the last rule"
            };
            let allowed = "`{ otherwise: <team>, because: … }` as the last rule and nowhere else";
            reader.against(Rule::E13, item, [found, allowed]);
        }
        rules.extend(rule(reader, item, names));
    }
    rules
}

fn rule(reader: &mut Reader, node: &Node, names: &Names<'_>) -> Option<RoutingRule> {
    let ground = names.opening().map(|opening| Ground::of(names, opening));
    let mut fields = reader.fields(node)?;
    let otherwise = fields.find("otherwise");
    let (when, team) = if let Some(team) = otherwise {
        let team = reader.id(team, TeamId::parse).map(RouteTo::Team);
        (Some(Expression::default()), team)
    } else {
        let when = fields.need_as(reader, "when", |r, n| {
            expression::read(r, n, Speaks::routing(names))
        });
        let team = fields.need_as(reader, "team", |r, n| route(r, n, ground));
        (when, team)
    };
    let because = fields.need_as(reader, "because", Reader::text);
    let goes_first = fields.flag(reader, "goes_first");
    fields.finish(reader);
    Some(RoutingRule {
        when: when?,
        team: team?,
        because: because?,
        goes_first,
    })
}

/// `team`, or `{ locality: <path> }`
fn route(reader: &mut Reader, node: &Node, ground: Option<Ground<'_>>) -> Option<RouteTo> {
    if !matches!(node.yaml, Yaml::Map(_)) {
        return reader.id(node, TeamId::parse).map(RouteTo::Team);
    }
    let mut fields = reader.fields(node)?;
    let path = fields.need_as(reader, "locality", |r, n| match ground {
        Some(ground) => value::code_path(r, n, ground),
        None => r.text(n),
    });
    fields.finish(reader);
    path.map(RouteTo::LocalityAt)
}
