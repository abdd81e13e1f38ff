//! What the files of one authority say of one another. Each file is sound by itself before that.

use super::definition::{CalendarChoice, Definition, DeriveRule, OwnerRule, RouteTo};
use crate::domain::ids::{CalendarName, TeamId};
use crate::domain::organisation::{OrganisationFile, ReferenceTable, SCHOOLS_TABLE};
use crate::domain::time::calendar::CalendarFile;
use std::collections::{BTreeMap, BTreeSet};

/// Everything that is published together.
#[derive(Debug, Default)]
pub struct Together<'f> {
    pub definitions: Vec<&'f Definition>,
    pub organisation: Option<&'f OrganisationFile>,
    pub tables: Vec<&'f ReferenceTable>,
    pub calendars: Vec<&'f CalendarFile>,
}

/// Names that one file uses and no other declares, one sentence each.
#[must_use]
pub fn unknown_names(files: &Together<'_>) -> Vec<String> {
    let calendars = files.calendars.iter().map(|file| &file.calendar).collect();
    let mut unknown = Vec::new();
    if let Some(organisation) = files.organisation {
        let named = organisation.named_calendars();
        for name in missing_calendars(named.into_iter(), &calendars) {
            let organisation = &organisation.organisation;
            unknown.push(format!("organisation `{organisation}`: {name}"));
        }
    }
    for definition in &files.definitions {
        let (name, version) = (&definition.workflow, definition.version);
        let mut wrong = missing_teams(definition, files.organisation);
        let clocks = definition.clocks.values();
        let named = clocks.filter_map(|clock| match &clock.calendar {
            CalendarChoice::Named(name) => Some(name),
            CalendarChoice::OwnerTeam | CalendarChoice::Requester => None,
        });
        wrong.extend(missing_calendars(named, &calendars));
        wrong.extend(missing_columns(definition, &files.tables));
        let place = |why| format!("workflow `{name}` v{version}: {why}");
        unknown.extend(wrong.into_iter().map(place));
    }
    unknown
}

fn missing_calendars<'n>(
    named: impl Iterator<Item = &'n CalendarName>,
    known: &BTreeSet<&CalendarName>,
) -> Vec<String> {
    named
        .filter(|name| !known.contains(name))
        .map(|name| format!("no calendar file declares `{name}`"))
        .collect()
}

/// Every team that a workflow names.
#[must_use]
pub fn named_teams(definition: &Definition) -> BTreeSet<&TeamId> {
    let owners = definition.moves.values().map(|rule| match &rule.owner {
        OwnerRule::Team(team) => Some(team),
        OwnerRule::Same | OwnerRule::Routed | OwnerRule::From(_) => None,
    });
    let routes = definition.routing.iter().map(|rule| match &rule.team {
        RouteTo::Team(team) => Some(team),
        RouteTo::LocalityAt(_) => None,
    });
    owners.chain(routes).flatten().collect()
}

fn missing_teams(definition: &Definition, organisation: Option<&OrganisationFile>) -> Vec<String> {
    let Some(organisation) = organisation else {
        return Vec::new();
    };
    let known = |team: &TeamId| organisation.units.iter().any(|unit| unit.id == *team);
    named_teams(definition)
        .into_iter()
        .filter(|team| !known(team))
        .map(|team| format!("the organisation has no unit `{team}`"))
        .collect()
}

/// Tables and columns that a derived code is looked up in.
fn missing_columns(definition: &Definition, tables: &[&ReferenceTable]) -> Vec<String> {
    let known: BTreeMap<&str, &ReferenceTable> = tables
        .iter()
        .map(|table| (table.table.as_str(), *table))
        .collect();
    let mut missing = Vec::new();
    for (code, rule) in &definition.derive {
        let DeriveRule::Lookup { table, column, .. } = rule else {
            continue;
        };
        let has_column = |table: &ReferenceTable| {
            let row = table.rows.values().next();
            row.is_some_and(|row| row.contains_key(column))
        };
        match known.get(table.as_str()) {
            _ if table == SCHOOLS_TABLE => {}
            None => missing.push(format!("derived `{code}`: there is no table `{table}`")),
            Some(found) if !has_column(found) => {
                missing.push(format!(
                    "derived `{code}`: `{table}` has no column `{column}`"
                ));
            }
            Some(_) => {}
        }
    }
    missing
}
