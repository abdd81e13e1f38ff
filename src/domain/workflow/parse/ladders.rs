//! `ladders`: rungs in their order, each with whom it tells.

use super::super::definition::{ClockRule, Ladder, OFFSETS, Offset, Rung, Target};
use super::super::lint::Rule;
use super::super::located::{Node, Reader, Yaml};
use super::names::Names;
use super::value;
use crate::domain::ids::{ClockName, LadderName, RoleName};
use indexmap::IndexMap;
use std::cmp::Ordering;

/// Of a rung that comes again: more is a flood.
const AT_MOST_LIMIT: u32 = 20;

pub(super) fn read(
    reader: &mut Reader,
    node: &Node,
    names: &Names<'_>,
) -> IndexMap<LadderName, Ladder> {
    let mut ladders = IndexMap::new();
    for entry in reader.entries(node, "ladders") {
        let name = reader.key_id(entry, LadderName::parse);
        let ladder = ladder(reader, &entry.value, names);
        if let (Some(name), Some(ladder)) = (name, ladder) {
            ladders.insert(name, ladder);
        }
    }
    ladders
}

fn ladder(reader: &mut Reader, node: &Node, names: &Names<'_>) -> Option<Ladder> {
    let items = reader.items(node, "rungs");
    let read: Vec<Option<Rung>> = items.iter().map(|item| rung(reader, item, names)).collect();
    for (i, (rung, item)) in read.iter().zip(items).enumerate() {
        let Some(rung) = rung else { continue };
        let before = read[..i].iter().rev().flatten().next();
        if let (Some(before), Some(at)) = (before, item.find("at")) {
            follows(reader, at, before.at, rung.at);
        }
        let first = read.iter().flatten().find_map(|rung| rung.at.distance());
        if let (Some(unit), Some(at)) = (first, item.find("at")) {
            one_unit(reader, at, unit, rung.at.distance());
        }
        if let (Some(at), true) = (item.find("every"), i + 1 < items.len()) {
            let found = "`every` on a rung that others follow";
            reader.wrong(at, found, "`every` on the last rung");
        }
    }
    read.into_iter().collect::<Option<Vec<_>>>().map(Ladder)
}

fn follows(reader: &mut Reader, at: &Node, before: Offset, offset: Offset) {
    if before.order(offset) != Ordering::Less {
        let found = format!("`{offset}` after `{before}`");
        reader.wrong(at, found, "the earliest rung first, each offset once");
    }
}

fn one_unit(reader: &mut Reader, at: &Node, unit: Target, distance: Option<Target>) {
    if let Some(distance) = distance.filter(|distance| !distance.has_unit_of(unit)) {
        let found = format!("`{distance}` in a ladder that counts as `{unit}` does");
        reader.against(Rule::E10, at, [&found, "one unit for the whole ladder"]);
    }
}

fn rung(reader: &mut Reader, node: &Node, names: &Names<'_>) -> Option<Rung> {
    let mut fields = reader.fields(node)?;
    let at = fields.need_as(reader, "at", offset);
    let tell = fields.need_as(reader, "tell", |r, n| {
        let parse = RoleName::parse;
        Some(value::declared_list(r, n, parse, "role", &names.roles))
    });
    let missed = fields.flag(reader, "missed");
    let every = fields.find_as(reader, "every", value::target);
    let at_most = fields.find_as(reader, "at_most", at_most);
    fields.finish(reader);
    let rung = Rung {
        at: at?,
        tell: tell?,
        missed,
        every,
        at_most,
    };
    fits_together(reader, node, &rung);
    Some(rung)
}

/// Offsets are counted as the target is; from a time of the day on, in working days.
pub(super) fn fit_clocks(
    reader: &mut Reader,
    root: &Node,
    clocks: &IndexMap<ClockName, ClockRule>,
    ladders: &IndexMap<LadderName, Ladder>,
) {
    let entries = root.find("clocks").map_or(&[][..], Node::entries);
    for entry in entries {
        let clock = clocks.iter().find(|(name, _)| name.as_str() == entry.key);
        let Some((_, rule)) = clock else { continue };
        let ladder = rule.ladder.as_ref().and_then(|name| ladders.get(name));
        let rungs = ladder.map_or(&[][..], |ladder| &ladder.0);
        let fits = |rung: &&Rung| match (rule.target, rung.at) {
            (_, Offset::AtTarget) => true,
            (Target::NextWorkingDayAt(_), at) => {
                matches!(at, Offset::After(Target::WorkingDays(_)))
            }
            (target, Offset::Before(by) | Offset::After(by)) => by.has_unit_of(target),
        };
        // One unit among several is told where the ladder stands.
        let mut apart = rungs.iter().filter(|rung| rung.at != Offset::AtTarget);
        let is_moment = matches!(rule.target, Target::NextWorkingDayAt(_));
        let misfit = match apart.clone().find(|rung| !fits(rung)) {
            Some(rung) if is_moment || !apart.any(|rung| fits(&rung)) => Some(rung),
            Some(_) | None => None,
        };
        if let (Some(rung), Some(at)) = (misfit, entry.value.find("ladder")) {
            let found = format!("a rung at `{}` for a target of `{}`", rung.at, rule.target);
            let allowed = match rule.target {
                Target::NextWorkingDayAt(_) => "0, and working days after it, as +1wd",
                Target::WorkingDays(_)
                | Target::WorkingHours(_)
                | Target::Minutes(_)
                | Target::CalendarDays(_) => "a ladder in the unit of the target",
            };
            reader.against(Rule::E10, at, [&found, allowed]);
        }
    }
}

/// `0`, which YAML reads as a number, or a text.
pub(in crate::domain::workflow) fn offset(reader: &mut Reader, node: &Node) -> Option<Offset> {
    let found = match &node.yaml {
        Yaml::Number(number) if number.as_u64() == Some(0) => Some(Offset::AtTarget),
        Yaml::Null
        | Yaml::Bool(_)
        | Yaml::Number(_)
        | Yaml::Text(_)
        | Yaml::BareDate(_)
        | Yaml::List(_)
        | Yaml::Map(_) => node.as_text().and_then(|text| text.parse().ok()),
    };
    if found.is_none() {
        let found = format!("{} as an offset", node.describe());
        reader.against(Rule::E10, node, [&found, OFFSETS]);
    }
    found
}

fn at_most(reader: &mut Reader, node: &Node) -> Option<u32> {
    let count = reader.whole(node)?;
    if !(2..=AT_MOST_LIMIT).contains(&count) {
        let allowed = format!("2 to {AT_MOST_LIMIT}");
        reader.wrong(node, format!("{count} times in all"), allowed);
    }
    Some(count)
}

/// Keys that say nothing, or the wrong thing, beside what else the rung is.
fn fits_together(reader: &mut Reader, node: &Node, rung: &Rung) {
    if let (Some(at), true) = (node.find("missed"), rung.missed)
        && rung.at != Offset::AtTarget
    {
        reader.wrong(at, "a target that is missed away from it", "`missed` at 0");
    }
    match (node.find("every"), node.find("at_most")) {
        (Some(at), None) => {
            let found = "a rung that comes again without end";
            reader.wrong(at, found, "`at_most` beside it");
        }
        (None, Some(at)) => {
            let found = "`at_most` on a rung that does not come again";
            reader.wrong(at, found, "`every` beside it");
        }
        (Some(at), Some(_)) if matches!(rung.at, Offset::Before(_)) => {
            let found = "a rung before the target that comes again";
            reader.wrong(
                at,
                found,
                "a rung of its own for each time before the target",
            );
        }
        (Some(_), Some(_)) | (None, None) => {}
    }
    if let (Some(distance), Some(every), Some(at)) =
        (rung.at.distance(), rung.every, node.find("every"))
    {
        one_unit(reader, at, distance, Some(every));
    }
}

#[cfg(test)]
mod tests {
    use super::super::parse;
    use super::super::tests::{EXAMPLE, said_once};

    #[test]
    fn a_ladder_reads_as_it_says() {
        let definition = parse("small/v1.yaml", EXAMPLE).unwrap();
        let named = definition.clocks["acknowledge"].ladder.clone().unwrap();
        let rungs = &definition.ladders[&named].0;
        let offsets: Vec<String> = rungs.iter().map(|rung| rung.at.to_string()).collect();
        assert_eq!(offsets, ["-3wd", "0", "+4wd"]);
        let missed: Vec<bool> = rungs.iter().map(|rung| rung.missed).collect();
        assert_eq!(missed, [false, true, false]);
        assert_eq!(rungs[2].occurrences(), 4);
        let text = serde_json::to_string(&definition).unwrap();
        assert_eq!(
            serde_json::from_str::<crate::domain::workflow::Definition>(&text).unwrap(),
            definition
        );
    }

    #[test]
    fn a_ladder_that_nobody_declared_is_named_with_the_nearest() {
        said_once(
            "ladder: nudge",
            "ladder: nugde",
            &["unknown ladder", "`nudge`"],
        );
        said_once(
            "tell: [team, requester]",
            "tell: [team, asker]",
            &["unknown role", "requester"],
        );
    }

    #[test]
    fn rungs_stand_in_their_order_and_in_one_unit() {
        said_once(
            "at: -3wd",
            "at: +1wd",
            &["`0` after `+1wd`", "the earliest rung first"],
        );
        said_once("at: -3wd", "at: -3wh", &["as `3wh` does", "one unit"]);
        for wrong in ["3wd", "-P3D", "1", "-3"] {
            said_once(
                "at: -3wd",
                &format!("at: {wrong}"),
                &["as an offset", "-3wd, +5wd"],
            );
        }
    }

    #[test]
    fn a_rung_that_comes_again_has_an_end_and_nothing_after_it() {
        said_once(", at_most: 4", "", &["without end", "`at_most`"]);
        said_once("every: 4wd, ", "", &["does not come again", "`every`"]);
        said_once("at_most: 4", "at_most: 40", &["40 times", "2 to 20"]);
        said_once("every: 4wd", "every: 5d", &["`5d` in a ladder", "one unit"]);
        let again = "missed: true, every: 5wd, at_most: 2";
        said_once(
            "missed: true",
            again,
            &["that others follow", "the last rung"],
        );
    }

    #[test]
    fn a_target_is_missed_at_the_target_alone() {
        said_once(
            "tell: [team] }, { at: 0",
            "tell: [team], missed: true }, { at: 0",
            &["away from it", "at 0"],
        );
    }
}
