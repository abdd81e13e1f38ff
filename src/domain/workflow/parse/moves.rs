//! `moves`: who may do what, from where to where, and what is asked.

use super::super::definition::{
    FromStates, Guard, MoveRule, OwnerRule, PathRule, ProposalPart, ToState,
};
use super::super::lint::Rule;
use super::super::located::{Entry, Fields, Node, Reader, Yaml, quoted};
use super::super::schema::fault;
use super::super::schema::shape::{Known, known_at};
use super::expect;
use super::expression::{self, Speaks};
use super::hand_over;
use super::link;
use super::names::{DeclaredMove, Names};
use super::plan;
use super::value::{self, Ground};
use crate::domain::ids::{EventName, MoveName, RoleName, StateName, TeamId};
use crate::domain::request::event::GENERIC_EVENT_NAMES;
use indexmap::IndexMap;
use serde_json::Value;

const PROPOSALS: [(&str, ProposalPart); 3] = [
    ("makes", ProposalPart::Makes),
    ("confirms", ProposalPart::Confirms),
    ("sends-back", ProposalPart::SendsBack),
];

pub(super) fn read(
    reader: &mut Reader,
    node: &Node,
    names: &Names<'_>,
) -> IndexMap<MoveName, MoveRule> {
    let mut moves = IndexMap::new();
    let entries = reader.entries(node, "moves");
    // `names` was collected from the same entries, in the same order.
    for (i, (entry, declared)) in entries.iter().zip(&names.moves).enumerate() {
        let name = reader.key_id(entry, MoveName::parse);
        one_meaning(reader, entry, declared, &names.moves[..i]);
        if let (Some(name), Some(rule)) = (name, rule(reader, &entry.value, declared, names)) {
            moves.insert(name, rule);
        }
    }
    if names.opening().is_none() && !entries.is_empty() {
        reader.wrong(node, "no opening move", "a move with `opens: true`");
    }
    moves
}

/// An event says one thing: moves that share it ask the same, and none takes the engine's own names.
fn one_meaning(
    reader: &mut Reader,
    entry: &Entry,
    declared: &DeclaredMove<'_>,
    before: &[DeclaredMove<'_>],
) {
    let (Some(event), Some(node)) = (declared.emits, entry.value.find("emits")) else {
        return;
    };
    if GENERIC_EVENT_NAMES.contains(&event) {
        let found = format!("the event {}, which the engine keeps", quoted(event));
        reader.against(Rule::E16, node, [&found, "a name of the workflow's own"]);
    }
    let same = |other: &&DeclaredMove<'_>| other.emits == Some(event);
    if let Some(other) = before.iter().find(same)
        && (other.data != declared.data || other.opens != declared.opens)
    {
        let found = format!("the event {} with another meaning", quoted(event));
        reader.against(Rule::E16, node, [&found, "one event for one kind of data"]);
    }
}

fn rule(
    reader: &mut Reader,
    node: &Node,
    declared: &DeclaredMove<'_>,
    names: &Names<'_>,
) -> Option<MoveRule> {
    let ground = Ground::of(names, declared);
    let speaks = Speaks::act(names, declared);
    let mut fields = reader.fields(node)?;
    let title = fields.need_as(reader, "title", Reader::text);
    let opens = fields.flag(reader, "opens");
    let rights = rights(reader, &mut fields, (names, speaks));
    let way = Way {
        opens,
        names,
        speaks,
    };
    let paths = paths(reader, node, &mut fields, way);
    let guard = guard(reader, &mut fields, speaks);
    let emits = fields.need_as(reader, "emits", |r, n| r.id(n, EventName::parse));
    let data = fields.need_as(reader, "data", |r, n| data(r, n, opens, names));
    let owner = fields.find_as(reader, "owner", |r, n| owner(r, n, ground));
    let worker = fields.find_as(reader, "worker", |r, n| value::code_path(r, n, ground));
    let requester = fields.find_as(reader, "requester", |r, n| value::code_path(r, n, ground));
    let link = fields.find_as(reader, "link", |r, n| link::read(r, n, ground));
    let place = plan::Place::new(declared, ground, speaks);
    let plan = fields.find_as(reader, "plan", |r, n| plan::read(r, n, place));
    let expects = fields.find_as(reader, "expects", |r, n| {
        expect::read(r, n, names, declared)
    });
    let decision = fields.flag(reader, "decision");
    let proposal = fields.find_as(reader, "proposal", |r, n| {
        r.word(n, "part of a proposal", &PROPOSALS)
    });
    let concern = hand_over::read(reader, &mut fields, declared, ground);
    let any_version = fields.flag(reader, "any_version");
    let restricted = fields.flag(reader, "restricted");
    if opens && let Some(at) = fields.find("any_version").filter(|_| any_version) {
        reader.wrong(at, "`any_version` on the opening move", "a later move");
    }
    fields.finish(reader);
    let rights = rights?;
    Some(MoveRule {
        title: title?,
        opens,
        by: rights.by,
        not_by: rights.not_by,
        by_when: rights.by_when,
        paths: paths?,
        guard,
        emits: emits?,
        data: data?,
        owner: owner.unwrap_or_default(),
        worker,
        requester,
        link,
        plan,
        expects,
        decision,
        proposal,
        hand_over: concern.hand_over,
        concern: concern.concern,
        keeps_open: concern.keeps_open,
        narrative: concern.narrative,
        any_version,
        restricted,
    })
}

/// Who may make a move, and who may not.
struct Rights {
    by: Vec<RoleName>,
    not_by: Vec<RoleName>,
    by_when: IndexMap<RoleName, Guard>,
}

fn rights(
    reader: &mut Reader,
    fields: &mut Fields<'_>,
    (names, speaks): (&Names<'_>, Speaks<'_>),
) -> Option<Rights> {
    let roles = |r: &mut Reader, n: &Node| {
        let parse = RoleName::parse;
        Some(value::declared_list(r, n, parse, "role", &names.roles))
    };
    let by = fields.need_as(reader, "by", roles);
    let not_by = fields.find_as(reader, "not_by", roles);
    let by_when = fields.find_as(reader, "by_when", |r, n| {
        Some(conditions(r, n, (by.as_deref(), speaks)))
    });
    Some(Rights {
        by: by?,
        not_by: not_by.unwrap_or_default(),
        by_when: by_when.unwrap_or_default(),
    })
}

/// `{ role: { guard: …, because: … }, … }`, for roles of `by`.
fn conditions(
    reader: &mut Reader,
    node: &Node,
    (by, speaks): (Option<&[RoleName]>, Speaks<'_>),
) -> IndexMap<RoleName, Guard> {
    let mut found = IndexMap::new();
    let allowed: Vec<&str> = by
        .unwrap_or_default()
        .iter()
        .map(RoleName::as_str)
        .collect();
    for entry in reader.entries(node, "roles and what has to hold for each") {
        let role = reader.key_id(entry, RoleName::parse);
        if let (Some(role), Some(by)) = (&role, by)
            && !by.contains(role)
        {
            let words = format!("a condition for `{role}`, which is not in `by`");
            reader.wrong_key(entry, words, allowed.join(", "));
        }
        let Some(mut fields) = reader.fields(&entry.value) else {
            continue;
        };
        let asks = guard(reader, &mut fields, speaks);
        fields.finish(reader);
        match (role, asks) {
            (Some(role), Some(asks)) => {
                found.insert(role, asks);
            }
            (_, None) if entry.value.entries().is_empty() => {
                reader.wrong(&entry.value, "an empty condition", "`guard` and `because`");
            }
            (Some(_) | None, _) => {}
        }
    }
    found
}

/// What the paths of one move stand in.
#[derive(Clone, Copy)]
struct Way<'a> {
    opens: bool,
    names: &'a Names<'a>,
    speaks: Speaks<'a>,
}

/// `paths`, or `from` and `to` as the short form of one.
fn paths<'n>(
    reader: &mut Reader,
    node: &'n Node,
    fields: &mut Fields<'n>,
    way: Way<'_>,
) -> Option<Vec<PathRule>> {
    let from = fields.find("from");
    let to = fields.find("to");
    let Some(list) = fields.find("paths") else {
        if to.is_none() {
            reader.wrong(node, "missing key `to`", "`to` (with `from`), or `paths`");
        }
        let from = from_states(reader, node, from, way);
        let to = to.and_then(|to| to_state(reader, to, way));
        if from == Some(FromStates::Start) && to == Some(ToState::Same) {
            reader.wrong(node, "an opening that stays", "`to` with a state");
        }
        return Some(vec![PathRule {
            from: from?,
            when: Default::default(),
            guard: None,
            to: to?,
        }]);
    };
    for short in [from, to].into_iter().flatten() {
        reader.wrong(short, "the short form beside `paths`", "one of the two");
    }
    let items = reader.items(list, "paths");
    let paths: Vec<PathRule> = items.iter().filter_map(|n| path(reader, n, way)).collect();
    if way.opens && !paths.iter().any(|path| path.from == FromStates::Start) {
        reader.wrong(
            list,
            "an opening move that cannot start",
            "a path with `from: start`",
        );
    }
    Some(paths)
}

fn path(reader: &mut Reader, node: &Node, way: Way<'_>) -> Option<PathRule> {
    let mut fields = reader.fields(node)?;
    let from = fields.find("from");
    let from = from_states(reader, node, from, way);
    let when = fields.find_as(reader, "when", |r, n| expression::read(r, n, way.speaks));
    let guard = guard(reader, &mut fields, way.speaks);
    let to = fields.need_as(reader, "to", |r, n| to_state(r, n, way));
    if from == Some(FromStates::Start) && to == Some(ToState::Same) {
        reader.wrong(node, "an opening that stays", "`to` with a state");
    }
    fields.finish(reader);
    Some(PathRule {
        from: from?,
        when: when.unwrap_or_default(),
        guard,
        to: to?,
    })
}

/// `guard`, and `because` with it: whoever is refused has to know why.
fn guard(reader: &mut Reader, fields: &mut Fields<'_>, speaks: Speaks<'_>) -> Option<Guard> {
    let asks = fields.find("guard");
    let because = fields.find("because");
    match (asks, because) {
        (None, None) => None,
        (Some(asks), Some(because)) => {
            let asks = expression::read(reader, asks, speaks);
            let because = reader.text(because);
            Some(Guard {
                asks: asks?,
                because: because?,
            })
        }
        (Some(at), None) => {
            reader.wrong(
                at,
                "a `guard` without `because`",
                "the reason beside it, in plain words",
            );
            None
        }
        (None, Some(at)) => {
            reader.wrong(at, "`because` without a `guard`", "both, or neither");
            None
        }
    }
}

/// `start` (or nothing) for an opening move; `any` or a list of states for every other, and for an
/// opening move that may also come later: an older log can begin anywhere.
fn from_states(
    reader: &mut Reader,
    at: &Node,
    from: Option<&Node>,
    way: Way<'_>,
) -> Option<FromStates> {
    let word = from.and_then(Node::as_text);
    match (from, way.opens) {
        (None, true) => Some(FromStates::Start),
        (Some(_), true) if word == Some("start") => Some(FromStates::Start),
        (None, false) => {
            reader.wrong(at, "missing key `from`", "any, or a list of states");
            None
        }
        (Some(_), _) if word == Some("any") => Some(FromStates::Any),
        (Some(node), _) if matches!(node.yaml, Yaml::List(_)) => {
            let parse = StateName::parse;
            let states = value::declared_list(reader, node, parse, "state", &way.names.states);
            Some(FromStates::Of(states))
        }
        (Some(node), _) => {
            reader.wrong(node, node.describe(), "any, or a list of states as [a, b]");
            None
        }
    }
}

fn to_state(reader: &mut Reader, node: &Node, way: Way<'_>) -> Option<ToState> {
    if node.as_text() == Some("same") {
        return Some(ToState::Same);
    }
    value::declared(reader, node, StateName::parse, "state", &way.names.states).map(ToState::State)
}

fn owner(reader: &mut Reader, node: &Node, ground: Ground<'_>) -> Option<OwnerRule> {
    const ALLOWED: &str = "same, routed, { team: <team> } or { from: <path of the team> }";
    if !matches!(node.yaml, Yaml::Map(_)) {
        return match node.as_text() {
            Some("same") => Some(OwnerRule::Same),
            Some("routed") => Some(OwnerRule::Routed),
            _ => {
                reader.wrong(node, format!("{} as owner", node.describe()), ALLOWED);
                None
            }
        };
    }
    let mut fields = reader.fields(node)?;
    let team = fields.find("team");
    let from = fields.find("from");
    fields.finish(reader);
    match (team, from) {
        (Some(team), None) => reader.id(team, TeamId::parse).map(OwnerRule::Team),
        (None, Some(from)) => value::code_path(reader, from, ground).map(OwnerRule::From),
        (Some(_), Some(_)) | (None, None) => {
            reader.wrong(node, "an owner that is not one thing", ALLOWED);
            None
        }
    }
}

/// The JSON Schema of the data, in the vocabulary that the engine knows.
fn data(reader: &mut Reader, node: &Node, opens: bool, names: &Names<'_>) -> Option<Value> {
    let schema = reader.json(node)?;
    for fault in fault::faults(&schema, &names.derived) {
        fault.report(reader, node);
    }
    if opens {
        received_at(reader, node, &schema);
    }
    let derived = node.find("properties").and_then(|n| n.find("derived"));
    if let (true, Some(derived)) = (opens, derived) {
        let found = "a field named `derived`";
        reader.wrong(
            derived,
            found,
            "another name: the derived codes stand there",
        );
    }
    Some(schema)
}

/// When help was first asked for is read by every clock: an instant, and not sealed.
fn received_at(reader: &mut Reader, node: &Node, schema: &Value) {
    let properties = node.find("properties");
    let Some(at) = properties.and_then(|n| n.find("received_at")) else {
        return;
    };
    let format = at.find("format").and_then(Node::as_text);
    if format != Some("date-time") || known_at(schema, "received_at") != Known::Coded(None) {
        let found = "`received_at` that clocks cannot read";
        let allowed = "`type: string, format: date-time`, without `x-personal`";
        reader.wrong(at, found, allowed);
    }
}
