//! Reading the workflow file that a subcommand is about, and what lies beside it.

use crate::domain::workflow::Definition;
use crate::domain::workflow::explain::Beside;
use crate::domain::workflow::located::Problem;
use crate::domain::workflow::parse::{parse, parse_calendar, parse_organisation};
use std::path::{Path, PathBuf};

/// What is wrong with it, line by line, where it cannot be read.
pub(super) fn read(path: &Path) -> Result<Definition, String> {
    let (file, text) = text_of(path)?;
    parse(&file, &text).map_err(lines)
}

/// Titles from `../calendars` and `../organisation`, as the folder of definitions has them.
pub(super) fn read_beside(path: &Path, definition: &Definition) -> Result<Beside, String> {
    let mut beside = Beside::default();
    let own = path.parent().unwrap_or(Path::new(""));
    let folder = own.join("..");
    for calendar in yaml_of(&folder.join("calendars")) {
        let (file, text) = text_of(&calendar)?;
        let calendar = parse_calendar(&file, &text).map_err(lines)?;
        beside.calendars.insert(calendar.calendar, calendar.title);
    }
    for organisation in yaml_of(&folder.join("organisation")) {
        let (file, text) = text_of(&organisation)?;
        let organisation = parse_organisation(&file, &text).map_err(lines)?;
        let workflows = &organisation.workflows;
        if !workflows.is_empty() && !workflows.contains(&definition.workflow) {
            continue;
        }
        beside.usual_calendars.push(organisation.default_calendar);
        beside.numbers.extend(organisation.concern_numbers);
        let teams = organisation.units.into_iter();
        beside.teams.extend(teams.map(|unit| (unit.id, unit.title)));
    }
    Ok(beside)
}

fn text_of(path: &Path) -> Result<(String, String), String> {
    let file = path.display().to_string();
    let text = std::fs::read_to_string(path).map_err(|error| format!("{file}: {error}"))?;
    Ok((file, text))
}

fn lines(problems: Vec<Problem>) -> String {
    let all: Vec<String> = problems.iter().map(ToString::to_string).collect();
    all.join("\n")
}

/// In the order of their names; none where there is no such folder.
fn yaml_of(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten();
    let paths = entries.filter_map(|entry| Some(entry.ok()?.path()));
    let mut paths: Vec<PathBuf> = paths
        .filter(|path| {
            path.extension()
                .is_some_and(|extension| extension == "yaml")
        })
        .collect();
    paths.sort();
    paths
}
