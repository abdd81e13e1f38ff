//! E11 across files: calendars, teams and tables that the workflow names and no other file declares.

use super::{Ground, Placed};
use crate::domain::organisation::SCHOOLS_TABLE;
use crate::domain::time::calendar::{CalendarError, CalendarFile, Calendars};
use crate::domain::workflow::definition::{CalendarChoice, DeriveRule, OwnerRule, RouteTo};
use crate::domain::workflow::located::{Node, Problem, Reader, Yaml};

pub(super) fn check(ground: &Ground<'_>, reader: &mut Reader) {
    calendars(ground, reader);
    teams(ground, reader);
    tables(ground, reader);
}

fn calendars(ground: &Ground<'_>, reader: &mut Reader) {
    let Some(calendars) = &ground.around.calendars else {
        return;
    };
    let known: Vec<&str> = calendars.iter().map(|c| c.calendar.as_str()).collect();
    for (clock, rule) in &ground.definition.clocks {
        let CalendarChoice::Named(name) = &rule.calendar else {
            continue;
        };
        let at = ground.entry("clocks", clock.as_str());
        if let Some(at) = at.and_then(|entry| entry.value.find("calendar")) {
            reader.known(at, "calendar", name.as_str(), known.iter().copied());
        }
    }
}

fn teams(ground: &Ground<'_>, reader: &mut Reader) {
    let Some(organisation) = ground.around.organisation else {
        return;
    };
    let known: Vec<&str> = organisation.units.iter().map(|u| u.id.as_str()).collect();
    for (name, rule) in &ground.definition.moves {
        let at = ground.entry("moves", name.as_str());
        let at = at.and_then(|entry| entry.value.find("owner")?.find("team"));
        if let (OwnerRule::Team(team), Some(at)) = (&rule.owner, at) {
            reader.known(at, "team", team.as_str(), known.iter().copied());
        }
    }
    let Some(Yaml::List(nodes)) = ground.root.find("routing").map(|node| &node.yaml) else {
        return;
    };
    for (rule, node) in ground.definition.routing.iter().zip(nodes) {
        let at = node.find("team").or_else(|| node.find("otherwise"));
        if let (RouteTo::Team(team), Some(at)) = (&rule.team, at) {
            reader.known(at, "team", team.as_str(), known.iter().copied());
        }
    }
}

fn tables(ground: &Ground<'_>, reader: &mut Reader) {
    if ground.around.organisation.is_none() {
        return;
    }
    let tables = &ground.around.tables;
    for (code, rule) in &ground.definition.derive {
        let DeriveRule::Lookup { table, column, .. } = rule else {
            continue;
        };
        let at = |key| {
            ground
                .entry("derive", code)?
                .value
                .find("lookup")?
                .find(key)
        };
        if table == SCHOOLS_TABLE {
            continue;
        }
        match tables.iter().find(|known| known.table == *table) {
            None => {
                let known = tables.iter().map(|known| known.table.as_str());
                named(reader, at("table"), ["table", table], known);
            }
            Some(found) => {
                let columns = found
                    .rows
                    .values()
                    .next()
                    .into_iter()
                    .flat_map(|r| r.keys());
                named(
                    reader,
                    at("column"),
                    ["column", column],
                    columns.map(String::as_str),
                );
            }
        }
    }
}

/// What only the building of all calendars finds: a layer of itself, no zone, no windows.
pub(super) fn unbuilt(calendars: &[Placed<CalendarFile>]) -> Vec<Problem> {
    let files = calendars.iter().map(|file| file.declares.clone());
    let Err(CalendarError::Wrong { name, why }) = Calendars::build(files) else {
        return Vec::new();
    };
    let Some(file) = calendars.iter().find(|f| f.declares.calendar == name) else {
        return Vec::new();
    };
    let mut reader = Reader::new(&file.file);
    let at = file.root.find("layers").unwrap_or(&file.root);
    reader.wrong(at, format!("calendar `{name}`: {why}"), "");
    reader.into_problems()
}

/// Each layer is a calendar.
pub(super) fn layers(
    calendar: &Placed<CalendarFile>,
    all: &[Placed<CalendarFile>],
    reader: &mut Reader,
) {
    let known: Vec<&str> = all.iter().map(|c| c.declares.calendar.as_str()).collect();
    let Some(Yaml::List(nodes)) = calendar.root.find("layers").map(|node| &node.yaml) else {
        return;
    };
    for (layer, at) in calendar.declares.layers.iter().zip(nodes) {
        reader.known(at, "calendar", layer.as_str(), known.iter().copied());
    }
}

/// Every calendar that an organisation file names.
pub(super) fn organisation(root: &Node, calendars: &[&CalendarFile], reader: &mut Reader) {
    let known: Vec<&str> = calendars.iter().map(|c| c.calendar.as_str()).collect();
    let parts = ["units", "schools", "agencies"];
    let members = parts
        .iter()
        .filter_map(|part| match &root.find(part)?.yaml {
            Yaml::List(items) => Some(items),
            Yaml::Null
            | Yaml::Bool(_)
            | Yaml::Number(_)
            | Yaml::Text(_)
            | Yaml::BareDate(_)
            | Yaml::Map(_) => None,
        });
    let named = members
        .flatten()
        .filter_map(|member| member.find("calendar"));
    for at in root.find("default_calendar").into_iter().chain(named) {
        let name = at.as_text().unwrap_or_default();
        reader.known(at, "calendar", name, known.iter().copied());
    }
}

fn named<'k>(
    reader: &mut Reader,
    at: Option<&Node>,
    [what, name]: [&str; 2],
    known: impl Iterator<Item = &'k str>,
) {
    if let Some(at) = at {
        reader.known(at, what, name, known);
    }
}
