//! `hand_over` on a move: the steps of a child protection concern. It never waits, every step names
//! it by its number, and its result comes from the responder who holds it.

use super::super::definition::{
    FromStates, HandOver, MoveRule, OpenResults, Relation, RoleRule, Scope,
};
use super::super::lint::Rule;
use super::super::located::{Entry, Fields, Node, Reader};
use super::super::schema::kind::{Kind, code_at, is_required};
use super::claims;
use super::names::DeclaredMove;
use super::value::{self, Ground};
use crate::domain::ids::{MoveName, ReasonCode, RoleName};
use indexmap::IndexMap;

const HAND_OVERS: [(&str, HandOver); 5] = [
    ("opens", HandOver::Opens),
    ("attempts", HandOver::Attempts),
    ("hands-over", HandOver::HandsOver),
    ("takes-over", HandOver::TakesOver),
    ("closes", HandOver::Closes),
];

type Roles = IndexMap<RoleName, RoleRule>;
type Moves = IndexMap<MoveName, MoveRule>;

/// What a move says of a concern.
#[derive(Default)]
pub(super) struct ConcernKeys {
    pub(super) hand_over: Option<HandOver>,
    pub(super) concern: Option<String>,
    pub(super) keeps_open: Option<OpenResults>,
    pub(super) narrative: IndexMap<ReasonCode, String>,
}

pub(super) fn read(
    reader: &mut Reader,
    fields: &mut Fields<'_>,
    of: &DeclaredMove<'_>,
    ground: Ground<'_>,
) -> ConcernKeys {
    let hand_over = fields.find_as(reader, "hand_over", |r, n| {
        r.word(n, "hand-over", &HAND_OVERS)
    });
    let [concern, keeps_open] = ["concern", "keeps_open"].map(|key| fields.find(key));
    if let Some(at) = concern.filter(|_| matches!(hand_over, None | Some(HandOver::Opens))) {
        let found = "`concern` on a move that takes no further step of one";
        reader.wrong(
            at,
            found,
            "beside `hand_over`: attempts, hands-over, takes-over or closes",
        );
    }
    if let Some(at) = keeps_open.filter(|_| hand_over != Some(HandOver::Closes)) {
        let found = "`keeps_open` on a move that gives no result";
        reader.wrong(at, found, "beside `hand_over: closes`");
    }
    let narrative = fields.find("narrative");
    if let Some(at) = narrative.filter(|_| hand_over != Some(HandOver::TakesOver)) {
        let found = "`narrative` on a move that takes no concern over";
        reader.wrong(at, found, "beside `hand_over: takes-over`");
    }
    ConcernKeys {
        narrative: narrative.map_or_else(IndexMap::new, |node| claims::reasons(reader, node)),
        hand_over,
        concern: concern.and_then(|node| number(reader, node, of, ground)),
        keeps_open: keeps_open.and_then(|node| results(reader, node, of, ground)),
    }
}

/// The path of the number: a number that is always there.
fn number(
    reader: &mut Reader,
    node: &Node,
    of: &DeclaredMove<'_>,
    ground: Ground<'_>,
) -> Option<String> {
    let path = value::code_path(reader, node, ground)?;
    let is_number = code_at(&of.data, &path).is_ok_and(|code| code.kind == Kind::Number);
    if !is_number || !is_required(&of.data, &path) {
        let found = "a concern that is not named by a number which is always given";
        let allowed = "the path of a required field with `type: integer`";
        reader.against(Rule::E37, node, [found, allowed]);
    }
    Some(path)
}

/// `{ result: [being-looked-at] }`: one path, and codes that it can have.
fn results(
    reader: &mut Reader,
    node: &Node,
    of: &DeclaredMove<'_>,
    ground: Ground<'_>,
) -> Option<OpenResults> {
    let entries = reader.entries(node, "the path of a result");
    let [entry] = entries else {
        reader.wrong(
            node,
            "not one result",
            "one path and its codes, as { result: [open] }",
        );
        return None;
    };
    ground.code(reader, &entry.value, &entry.key);
    let known = code_at(&of.data, &entry.key)
        .ok()
        .and_then(|code| code.values);
    let items = reader.items(&entry.value, "codes");
    let codes = items.iter().filter_map(|item| {
        let code = value::scalar(reader, item, known.as_deref())?;
        code.as_str().map(str::to_owned)
    });
    Some(OpenResults {
        codes: codes.collect(),
        at: entry.key.clone(),
    })
}

/// What only the whole of moves and roles can say.
pub(super) fn check(reader: &mut Reader, root: &Node, roles: &Roles, moves: &Moves) {
    for (name, rule) in moves {
        let entries = root.find("moves").map_or(&[][..], Node::entries);
        let entry = entries.iter().find(|entry| entry.key == name.as_str());
        let (Some(step), Some(entry)) = (rule.hand_over, entry) else {
            continue;
        };
        never_waits(reader, entry, rule, step);
        names_one(reader, entry, rule, step);
        match step {
            HandOver::Opens => can_go_on(reader, entry, moves),
            HandOver::Attempts | HandOver::HandsOver => {}
            HandOver::TakesOver => responders_alone(reader, entry, rule, roles),
            HandOver::Closes => holder_alone(reader, entry, rule, roles),
        }
        if matches!(step, HandOver::TakesOver | HandOver::Closes) {
            never_own(reader, entry, rule, roles);
        }
    }
}

/// It can be done in every state and whatever the version.
fn never_waits(reader: &mut Reader, entry: &Entry, rule: &MoveRule, step: HandOver) {
    let mut against = |found: &str, allowed: &str| {
        reader.against_key(Rule::E33, entry, [found, allowed]);
    };
    if rule.guard.is_some() {
        against(
            "a hand-over that may be refused",
            "no `guard`: it never waits",
        );
    }
    let everywhere = rule.paths.iter().any(|path| {
        path.when.is_always()
            && path.guard.is_none()
            && matches!(path.from, FromStates::Any | FromStates::Start)
    });
    if !everywhere {
        against(
            "a hand-over that some state does not allow",
            "a path `from: any` without `when`",
        );
    }
    if step != HandOver::Opens && rule.opens {
        against(
            "a hand-over of a request that is not there yet",
            "a later move",
        );
    }
    if !rule.opens && !rule.any_version {
        against(
            "a hand-over that may have to wait for a retry",
            "`any_version: true`",
        );
    }
}

fn names_one(reader: &mut Reader, entry: &Entry, rule: &MoveRule, step: HandOver) {
    if step != HandOver::Opens && rule.concern.is_none() && entry.value.find("concern").is_none() {
        let found = "a step that does not say which concern it is about";
        let allowed = "`concern: <path of its number>`";
        reader.against_key(Rule::E37, entry, [found, allowed]);
    }
}

/// What is opened can be answered, taken over and closed.
fn can_go_on(reader: &mut Reader, entry: &Entry, moves: &Moves) {
    for (step, nobody, word) in [
        (HandOver::HandsOver, "nobody can answer", "hands-over"),
        (HandOver::TakesOver, "nobody can take over", "takes-over"),
        (HandOver::Closes, "nobody can close", "closes"),
    ] {
        if !moves.values().any(|other| other.hand_over == Some(step)) {
            let found = format!("a hand-over that {nobody}");
            let allowed = format!("a move with `hand_over: {word}`");
            reader.against_key(Rule::E33, entry, [&found, &allowed]);
        }
    }
}

/// Whoever takes a concern over does so by their task, not by how they stand to the request.
fn responders_alone(reader: &mut Reader, entry: &Entry, rule: &MoveRule, roles: &Roles) {
    let other = |role: &&RoleName| {
        let found = roles.get(*role);
        found.is_some_and(|role| role.relation.is_some() || role.of != Scope::Anywhere)
    };
    if let Some(role) = rule.by.iter().find(other) {
        let found = format!("`{role}` takes a concern over by standing near the request");
        let allowed = "roles with `any_of` and `of: anywhere`: those whose task it is";
        reader.against_key(Rule::E37, entry, [&found, allowed]);
    }
}

fn holder_alone(reader: &mut Reader, entry: &Entry, rule: &MoveRule, roles: &Roles) {
    let other = |role: &&RoleName| {
        let found = roles.get(*role);
        found.is_some_and(|role| role.relation != Some(Relation::ConcernHolder))
    };
    let others: Vec<String> = rule
        .by
        .iter()
        .filter(other)
        .map(|role| format!("`{role}`"))
        .collect();
    if !others.is_empty() {
        let others = others.join(", ");
        let found = format!("a concern can be closed without being held, by {others}");
        let allowed = "`by` with a role of `relation: concern-holder` and no other";
        reader.against_key(Rule::E37, entry, [&found, allowed]);
    }
}

/// Somebody whose task it is may have asked for help themselves.
fn never_own(reader: &mut Reader, entry: &Entry, rule: &MoveRule, roles: &Roles) {
    let missing: Vec<&str> = roles
        .iter()
        .filter(|(_, role)| matches!(role.relation, Some(Relation::Requester | Relation::Cover)))
        .map(|(name, _)| name)
        .filter(|name| !rule.not_by.contains(name))
        .map(RoleName::as_str)
        .collect();
    if !missing.is_empty() {
        let found = "whoever asked for help could answer a concern about the request themselves";
        let allowed = format!("`not_by` with {}", missing.join(", "));
        reader.against_key(Rule::E37, entry, [found, &allowed]);
    }
}
