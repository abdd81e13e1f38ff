//! From the text of a scenario file to its steps; every problem at once, each at its place.

use super::moment::{due, moment, told};
use super::{
    ClockList, Does, Doing, Done, Expected, Holder, Refused, Scenario, Step, THE_REQUEST, What,
    When,
};
use crate::domain::ids::{
    Authority, ClockName, IdError, MoveName, PrincipalId, ReasonCode, RoleName, StateName, TeamId,
    WorkflowName,
};
use crate::domain::request::error::Refusal;
use crate::domain::workflow::definition::Offset;
use crate::domain::workflow::located::{self, Fields, Node, Problem, Reader, Yaml};
use crate::domain::workflow::parse::{ladders, value};
use serde_json::{Map, Value};

const FORMAT: u32 = 1;
/// Where a person could stand.
pub(super) const NOBODY: &str = "nobody";
/// Refused by the schema of a move, not by a rule.
pub(super) const DATA: &str = "data";

/// Reads a scenario file, with the tree of the file.
///
/// # Errors
/// Every problem of the file.
pub fn parse_scenario_placed(file: &str, text: &str) -> Result<(Scenario, Node), Vec<Problem>> {
    let root = located::read(file, text)?;
    let mut reader = Reader::new(file);
    let scenario = scenario(&mut reader, &root);
    let scenario = reader.finish(scenario)?;
    Ok((scenario, root))
}

fn scenario(reader: &mut Reader, root: &Node) -> Option<Scenario> {
    let mut fields = reader.fields(root)?;
    if let Some(node) = fields.need(reader, "format")
        && let Some(format) = reader.whole(node)
        && format != FORMAT
    {
        reader.wrong(node, format!("format {format}"), FORMAT.to_string());
    }
    let title = fields.need_as(reader, "scenario", Reader::text);
    let workflow = fields.need_as(reader, "workflow", |r, n| r.id(n, WorkflowName::parse));
    let version = fields.need_as(reader, "version", Reader::whole);
    let organisation = fields.need_as(reader, "organisation", |r, n| r.id(n, Authority::parse));
    let steps = fields.need_as(reader, "steps", steps);
    fields.finish(reader);
    Some(Scenario {
        title: title?,
        workflow: workflow?,
        version: version?,
        organisation: organisation?,
        steps: steps?,
    })
}

fn steps(reader: &mut Reader, node: &Node) -> Option<Vec<Step>> {
    let mut found: Vec<Step> = Vec::new();
    for item in reader.items(node, "steps") {
        let Some(next) = step(reader, item) else {
            continue;
        };
        match (found.last().map(|before| before.when), next.when) {
            (Some(When::At(before)), When::At(at)) if at < before => {
                reader.wrong(item, told(at), "not before the step before it");
            }
            (None, When::After(by)) => {
                reader.wrong(
                    item,
                    format!("{by} after nothing"),
                    "`at` in the first step",
                );
            }
            (_, When::At(_) | When::After(_)) => {}
        }
        found.push(next);
    }
    Some(found)
}

fn step(reader: &mut Reader, node: &Node) -> Option<Step> {
    let mut fields = reader.fields(node)?;
    let when = when(reader, node, &mut fields);
    let request = fields.find_as(reader, "request", Reader::text);
    let by = fields.find_as(reader, "as", |r, n| r.id(n, PrincipalId::parse));
    let does = does(reader, &mut fields);
    let refused = fields.find_as(reader, "refused", refused);
    let expected = fields.find_as(reader, "expect", |r, n| Some(expect(r, n)));
    fields.finish(reader);
    let doing = match (by, does) {
        (Some(by), Some(does)) => Some(Doing { by, does }),
        (None, None) => None,
        (by, _) => {
            let missing = if by.is_none() { "as" } else { "do" };
            let allowed = "both of `as` and `do`, or neither";
            reader.wrong(node, format!("missing key `{missing}`"), allowed);
            None
        }
    };
    if refused.is_some() && doing.is_none() {
        reader.wrong(node, "`refused` where nothing is done", "`as` and `do`");
    }
    Some(Step {
        place: node.place,
        when: when?,
        request: request.unwrap_or_else(|| THE_REQUEST.to_owned()),
        doing,
        refused,
        expected: expected.unwrap_or_default(),
    })
}

fn when(reader: &mut Reader, node: &Node, fields: &mut Fields<'_>) -> Option<When> {
    match (fields.find("at"), fields.find("after")) {
        (Some(at), None) => moment(reader, at).map(When::At),
        (None, Some(after)) => value::target(reader, after).map(When::After),
        (None, None) => {
            reader.wrong(node, "missing key `at`", "one of `at` and `after`");
            None
        }
        (Some(_), Some(after)) => {
            reader.wrong(after, "`after` beside `at`", "one of `at` and `after`");
            None
        }
    }
}

fn does(reader: &mut Reader, fields: &mut Fields<'_>) -> Option<Does> {
    let node = fields.find("do");
    let text = node.and_then(|node| reader.text(node));
    let data = data(reader, fields);
    let then = fields.find("then");
    let reason = fields.find("reason");
    let code = reason.and_then(|node| reader.id(node, ReasonCode::parse));
    let more = [fields.find("clock"), fields.find("by")];
    if text.as_deref() == Some("extend") {
        return extension(reader, node?, more, code);
    }
    for node in more.into_iter().flatten() {
        reader.wrong(node, "`clock` or `by` of something else", "`do: extend`");
    }
    let name = match text.as_deref()? {
        "claim" => return Some(Does::Claim(code)),
        "release" => return Some(Does::Release(code)),
        "open" => return Some(Does::Open),
        _ => reader.id(node?, MoveName::parse)?,
    };
    if let Some(node) = reason {
        reader.wrong(
            node,
            "`reason` of a move",
            "`reason` of a claim, a release or an extension",
        );
    }
    let mut moves = vec![data.of(name)];
    for item in then.map_or(&[][..], |node| reader.items(node, "moves")) {
        let mut fields = reader.fields(item)?;
        let name = fields.need_as(reader, "do", |r, n| r.id(n, MoveName::parse));
        let given = self::data(reader, &mut fields);
        fields.finish(reader);
        moves.push(given.of(name?));
    }
    Some(Does::Moves(moves))
}

fn extension(
    reader: &mut Reader,
    at: &Node,
    [clock, by]: [Option<&Node>; 2],
    reason: Option<ReasonCode>,
) -> Option<Does> {
    let (Some(clock), Some(by), Some(reason)) = (clock, by, reason) else {
        reader.wrong(at, "an extension", "`clock`, `by` and `reason` beside it");
        return None;
    };
    Some(Does::Extend {
        clock: reader.id(clock, ClockName::parse)?,
        by: value::target(reader, by)?,
        reason,
    })
}

struct Given {
    example: Option<String>,
    with: Map<String, Value>,
}

impl Given {
    fn of(self, move_name: MoveName) -> Done {
        Done {
            move_name,
            example: self.example,
            with: self.with,
        }
    }
}

fn data(reader: &mut Reader, fields: &mut Fields<'_>) -> Given {
    let with = fields.find_as(reader, "with", |r, n| match r.json(n) {
        Some(Value::Object(with)) => Some(with),
        Some(_) => {
            r.wrong(n, n.describe(), "a map of fields");
            None
        }
        None => None,
    });
    Given {
        example: fields.find_as(reader, "data", Reader::text),
        with: with.unwrap_or_default(),
    }
}

fn refused(reader: &mut Reader, node: &Node) -> Option<Refused> {
    let code = reader.text(node)?;
    let known = Refusal::CODES.into_iter().chain([DATA]);
    reader
        .known(node, "reason", &code, known)
        .then_some(Refused {
            place: node.place,
            code,
        })
}

fn expect(reader: &mut Reader, node: &Node) -> Vec<Expected> {
    let mut found = Vec::new();
    let Some(mut fields) = reader.fields(node) else {
        return found;
    };
    let mut one = |key: &'static str, fields: &mut Fields<'_>, read: Read| {
        let node = fields.find(key)?;
        let what = read(reader, node)?;
        found.push(Expected {
            place: node.place,
            what,
        });
        Some(())
    };
    for (key, read) in ONES {
        one(key, &mut fields, read);
    }
    for (key, list) in LISTS {
        if let Some(node) = fields.find(key) {
            let names = names(reader, node, "clocks", ClockName::parse);
            found.extend(names.map(|names| Expected {
                place: node.place,
                what: What::Clocks(list, names),
            }));
        }
    }
    for (key, read) in EACH {
        if let Some(node) = fields.find(key) {
            for entry in reader.entries(node, "clocks") {
                let clock = reader.key_id(entry, ClockName::parse);
                let what = clock.and_then(|clock| read(reader, &entry.value, clock));
                found.extend(what.map(|what| Expected {
                    place: entry.place,
                    what,
                }));
            }
        }
    }
    fields.finish(reader);
    found
}

type Read = fn(&mut Reader, &Node) -> Option<What>;
type ReadOf = fn(&mut Reader, &Node, ClockName) -> Option<What>;

const ONES: [(&str, Read); 13] = [
    ("state", |r, n| r.id(n, StateName::parse).map(What::State)),
    ("team", |r, n| r.id(n, TeamId::parse).map(What::Team)),
    ("held_by", |r, n| {
        r.word(n, "holder", &HOLDERS).map(What::HeldBy)
    }),
    ("requester", |r, n| {
        r.id(n, PrincipalId::parse).map(What::Requester)
    }),
    ("worker", |r, n| {
        r.id(n, PrincipalId::parse).map(What::Worker)
    }),
    ("claimed_by", |r, n| {
        let person = r.id(n, PrincipalId::parse)?;
        let nobody = person.as_str() == NOBODY;
        Some(What::ClaimedBy(Some(person).filter(|_| !nobody)))
    }),
    ("claimed_until", |r, n| moment(r, n).map(What::ClaimedUntil)),
    ("claim_stands_still", |r, n| {
        r.bool(n).map(What::ClaimStandsStill)
    }),
    ("covered_by", |r, n| {
        r.id(n, PrincipalId::parse).map(What::CoveredBy)
    }),
    ("concern_open", |r, n| r.bool(n).map(What::ConcernOpen)),
    ("concerns_unanswered", |r, n| {
        numbers(r, n).map(What::ConcernsUnanswered)
    }),
    ("concerns_held_by", |r, n| {
        let people = names(r, n, "people", PrincipalId::parse)?.into_iter();
        let holders = people.map(|person| Some(person).filter(|p| p.as_str() != NOBODY));
        Some(What::ConcernsHeldBy(holders.collect()))
    }),
    ("actions_open", |r, n| numbers(r, n).map(What::ActionsOpen)),
];

const HOLDERS: [(&str, Holder); 3] = [
    ("team", Holder::Team),
    ("worker", Holder::Worker),
    ("requester", Holder::Requester),
];

const LISTS: [(&str, ClockList); 4] = [
    ("running", ClockList::Running),
    ("paused", ClockList::Paused),
    ("met", ClockList::Met),
    ("missed", ClockList::Missed),
];

const EACH: [(&str, ReadOf); 5] = [
    ("due", |r, n, clock| {
        due(r, n).map(|at| What::Due(clock, at))
    }),
    ("working_days", |r, n, clock| {
        r.whole(n).map(|days| What::WorkingDays(clock, days))
    }),
    ("spell", |r, n, clock| {
        r.whole(n).map(|number| What::Spell(clock, number))
    }),
    ("raised", |r, n, clock| {
        offsets(r, n).map(|rungs| What::Raised(clock, rungs))
    }),
    ("told", |r, n, clock| {
        names(r, n, "roles", RoleName::parse).map(|roles| What::Told(clock, roles))
    }),
];

/// May be empty: none was raised.
fn offsets(reader: &mut Reader, node: &Node) -> Option<Vec<Offset>> {
    let Yaml::List(items) = &node.yaml else {
        reader.wrong(node, node.describe(), "a list of rungs, as [-2wd, 0]");
        return None;
    };
    let items = items.iter();
    items.map(|item| ladders::offset(reader, item)).collect()
}

/// May be empty: no open action.
fn numbers(reader: &mut Reader, node: &Node) -> Option<Vec<u32>> {
    if matches!(&node.yaml, Yaml::List(items) if items.is_empty()) {
        return Some(Vec::new());
    }
    let items = reader.items(node, "numbers");
    items.iter().map(|item| reader.whole(item)).collect()
}

/// May be empty: none at all.
fn names<T>(
    reader: &mut Reader,
    node: &Node,
    what: &str,
    parse: fn(&str) -> Result<T, IdError>,
) -> Option<Vec<T>> {
    if matches!(&node.yaml, Yaml::List(items) if items.is_empty()) {
        return Some(Vec::new());
    }
    let items = reader.items(node, what);
    items.iter().map(|item| reader.id(item, parse)).collect()
}
