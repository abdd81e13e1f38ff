//! `plan` on a move: which fields of its data make an action of the child's plan, or settle some.

use super::super::definition::{
    ActionRule, AddedBy, Ladder, PlanEffect, SettledBy, Settling, Target, Which,
};
use super::super::lint::Rule;
use super::super::located::{Node, Reader};
use super::super::schema::kind::{Kind, code_at, is_required};
use super::expression::{self, Speaks};
use super::names::{DeclaredMove, Names};
use super::value::{self, Ground};
use crate::domain::ids::LadderName;
use indexmap::IndexMap;

const HOWS: [(&str, Settling); 3] = [
    ("done", Settling::Done),
    ("declined", Settling::Declined),
    ("not-needed", Settling::NotNeeded),
];
const ALLOWED: &str = "{ adds: { what, by, who, agency } } or { settles: …, as: … }";

/// `actions`: who is told of an action whose day comes near or is over.
pub(super) fn reminders(
    reader: &mut Reader,
    node: &Node,
    (names, ladders): (&Names<'_>, Option<&IndexMap<LadderName, Ladder>>),
) -> Option<ActionRule> {
    let mut fields = reader.fields(node)?;
    let at = fields.find("ladder");
    let ladder = fields.need_as(reader, "ladder", |r, n| {
        value::declared(r, n, LadderName::parse, "ladder", &names.ladders)
    });
    fields.finish(reader);
    let rungs = ladder.as_ref().and_then(|name| ladders?.get(name));
    let in_days = |target: Target| matches!(target, Target::WorkingDays(_));
    let other = rungs.and_then(|ladder| {
        let mut rungs = ladder.0.iter();
        rungs.find_map(|rung| rung.at.distance().filter(|distance| !in_days(*distance)))
    });
    if let (Some(at), Some(other)) = (at, other) {
        let found = format!("a ladder with `{other}` for actions");
        reader.against(Rule::E10, at, [&found, "working days, as -2wd and +5wd"]);
    }
    Some(ActionRule { ladder: ladder? })
}

/// Where the paths of a `plan` lead.
#[derive(Clone, Copy)]
pub(super) struct Place<'a> {
    of: &'a DeclaredMove<'a>,
    ground: Ground<'a>,
    speaks: Speaks<'a>,
}

impl<'a> Place<'a> {
    pub(super) fn new(of: &'a DeclaredMove<'a>, ground: Ground<'a>, speaks: Speaks<'a>) -> Self {
        Self { of, ground, speaks }
    }
}

pub(super) fn read(reader: &mut Reader, node: &Node, place: Place<'_>) -> Option<PlanEffect> {
    if place.of.opens {
        reader.wrong(node, "a `plan` on the opening move", "a later move");
    }
    let mut fields = reader.fields(node)?;
    let adds = fields.find("adds");
    let settles = fields.find("settles");
    let rest = ["as", "because", "when"].map(|key| (key, fields.find(key)));
    fields.finish(reader);
    match (adds, settles) {
        (Some(adds), None) => {
            for (key, at) in rest {
                if let Some(at) = at {
                    reader.wrong(at, format!("`{key}` beside `adds`"), ALLOWED);
                }
            }
            added(reader, adds, place).map(PlanEffect::Adds)
        }
        (None, Some(_)) => settled(reader, node, place).map(PlanEffect::Settles),
        (Some(_), Some(_)) | (None, None) => {
            reader.wrong(node, "a plan that is not one thing", ALLOWED);
            None
        }
    }
}

fn added(reader: &mut Reader, node: &Node, place: Place<'_>) -> Option<AddedBy> {
    let mut fields = reader.fields(node)?;
    let what = fields.need_as(reader, "what", |r, n| given(r, n, place));
    let by = fields.need_as(reader, "by", |r, n| date(r, n, place));
    let who = fields.find_as(reader, "who", |r, n| value::code_path(r, n, place.ground));
    let agency = fields.find_as(reader, "agency", |r, n| {
        value::code_path(r, n, place.ground)
    });
    if who.is_none() && agency.is_none() {
        let found = "an action that nobody does";
        reader.wrong(node, found, "`who`, `agency` or both");
    }
    fields.finish(reader);
    Some(AddedBy {
        what: what?,
        by: by?,
        who,
        agency,
    })
}

fn settled(reader: &mut Reader, node: &Node, place: Place<'_>) -> Option<SettledBy> {
    let mut fields = reader.fields(node)?;
    let which = fields.need_as(reader, "settles", |r, n| which(r, n, place));
    let how = fields.need_as(reader, "as", |r, n| r.word(n, "way", &HOWS));
    let because = fields.find_as(reader, "because", |r, n| given(r, n, place));
    let when = fields.find_as(reader, "when", |r, n| expression::read(r, n, place.speaks));
    if how == Some(Settling::Declined) && node.find("because").is_none() {
        reader.wrong(
            node,
            "an action declined without a reason",
            "`because: <path of a code>`",
        );
    }
    Some(SettledBy {
        which: which?,
        how: how?,
        because,
        when: when.unwrap_or_default(),
    })
}

fn which(reader: &mut Reader, node: &Node, place: Place<'_>) -> Option<Which> {
    if node.as_text() == Some("all") {
        return Some(Which::All);
    }
    let path = value::code_path(reader, node, place.ground)?;
    let numbers = match code_at(&place.of.data, &path) {
        Ok(code) => matches!(code.kind, Kind::Number | Kind::List),
        // Said by `code_path`.
        Err(_) => true,
    };
    if !numbers {
        let found = format!("`{path}`, which holds no numbers");
        reader.against(
            Rule::E12,
            node,
            [
                &found,
                "all, or the path of an integer or a list of integers",
            ],
        );
    }
    Some(Which::At(path))
}

/// A code that every accepted act has.
fn given(reader: &mut Reader, node: &Node, place: Place<'_>) -> Option<String> {
    let path = value::code_path(reader, node, place.ground)?;
    if code_at(&place.of.data, &path).is_ok() && !is_required(&place.of.data, &path) {
        let found = format!("`{path}`, which may be missing");
        reader.against(Rule::E12, node, [&found, "a field in `required`"]);
    }
    Some(path)
}

fn date(reader: &mut Reader, node: &Node, place: Place<'_>) -> Option<String> {
    let path = given(reader, node, place)?;
    let field = path
        .split('.')
        .fold(&place.of.data, |here, name| &here["properties"][name]);
    if field["format"] != *"date" && code_at(&place.of.data, &path).is_ok() {
        let found = format!("`{path}`, which is no date");
        reader.against(Rule::E12, node, [&found, "a field with `format: date`"]);
    }
    Some(path)
}

#[cfg(test)]
mod tests {
    use super::super::parse;
    use super::super::tests::{EXAMPLE, said_once};
    use crate::domain::ids::ClockName;

    const BEFORE: &str = "routing:\n";

    fn reminding(ladder: &str) -> String {
        format!("actions: {{ ladder: {ladder} }}\n{BEFORE}")
    }

    #[test]
    fn reminders_of_actions_are_a_ladder_in_working_days() {
        let text = EXAMPLE.replace(BEFORE, &reminding("nudge"));
        let definition = parse("small/v1.yaml", &text).unwrap();
        let ladder = definition.ladder_of(&ClockName::of_action()).unwrap();
        let rungs: Vec<String> = ladder.0.iter().map(|rung| rung.at.to_string()).collect();
        assert_eq!(rungs, ["-3wd", "0", "+4wd"]);
        let unknown = ["unknown ladder", "`nudge`"];
        said_once(BEFORE, &reminding("nuge"), &unknown);
        let hours = "ladders:\n  hours: [ { at: -3wh, tell: [team] } ]\n";
        let text = EXAMPLE.replace("ladders:\n", hours);
        let text = text.replace(BEFORE, &reminding("hours"));
        let said = parse("small/v1.yaml", &text).unwrap_err();
        assert_eq!(said.len(), 1, "{said:?}");
        assert!(said[0].found.contains("`3wh` for actions"), "{said:?}");
    }

    #[test]
    fn no_clock_has_the_name_of_the_actions() {
        let clock = "  action: { title: Urgent";
        let words = ["a clock named `action`"];
        said_once("  urgent: { title: Urgent", clock, &words);
    }
}
