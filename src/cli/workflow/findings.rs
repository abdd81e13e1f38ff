//! Everything wrong with a folder of definition files, or with one file by itself.

use crate::cli::people::{self, Person};
use crate::commands::{Folder, Knowledge, Walks};
use crate::domain::ids::Authority;
use crate::domain::organisation::OrganisationFile;
use crate::domain::request::actor::{Grant, Principal};
use crate::domain::workflow::lint::{Placed, Rule, Severity, Surroundings, lint, lint_calendar};
use crate::domain::workflow::located::{self, Problem};
use crate::domain::workflow::parse::{
    parse_calendar_placed, parse_organisation, parse_placed, parse_table,
};
use crate::domain::workflow::scenario::parse_scenario_placed;
use crate::history::mapping::Mapping;
use jiff::civil::Date;
use std::error::Error;
use std::path::{Path, PathBuf};

type Found = Result<Vec<Problem>, Box<dyn Error + Send + Sync>>;

pub(super) struct Asked {
    pub(super) organisation: Option<Authority>,
    pub(super) today: Date,
}

/// In the order of the files, each finding once.
pub(super) fn findings(path: &Path, asked: &Asked) -> Found {
    let mut found = if path.is_dir() {
        of_folder(path, asked)?
    } else {
        of_file(path, asked)?
    };
    found.sort_by(|a, b| {
        (&a.file, a.line, a.column, a.rule).cmp(&(&b.file, b.line, b.column, b.rule))
    });
    found.dedup();
    Ok(found)
}

fn of_folder(folder: &Path, asked: &Asked) -> Found {
    let mut found = Vec::new();
    let mut seen = Vec::new();
    let everybody = everybody(folder, &mut found)?;
    for authority in organisations(folder, asked.organisation.as_ref())? {
        let read = Folder::read(folder, &authority)?;
        let organisation = read.organisation.as_ref().map(|file| &file.declares);
        let grants = organisation.and_then(|file| grants_in(file, &everybody));
        // What cannot be read cannot be walked through; that is said by itself.
        let walks = if read.findings(Knowledge::default()).iter().any(is_error) {
            Walks::default()
        } else {
            read.walk(&everybody)?
        };
        let knowledge = Knowledge {
            grants: grants.as_deref(),
            today: Some(asked.today),
            covered: Some(&walks.covered),
        };
        found.extend(read.findings(knowledge));
        found.extend(walks.problems);
        let definitions = read.definitions.into_iter().map(|file| file.file);
        seen.extend(definitions.chain(read.problems.into_iter().map(|p| p.file)));
    }
    if asked.organisation.is_some() {
        return Ok(found);
    }
    // What no organisation works by is asked by itself.
    for file in yaml_below(folder)? {
        if !seen.iter().any(|seen| Path::new(seen) == file) && is_alone(&file, folder) {
            found.extend(of_file(&file, asked)?);
        }
    }
    Ok(found)
}

/// Files of a workflow's own folder; the rest was read with its organisation.
fn is_alone(file: &Path, folder: &Path) -> bool {
    let beside = ["calendars", "organisation", "people"];
    !beside
        .iter()
        .any(|part| file.starts_with(folder.join(part)))
}

fn of_file(path: &Path, asked: &Asked) -> Found {
    let file = path.display().to_string();
    let text = std::fs::read_to_string(path).map_err(|error| format!("{file}: {error}"))?;
    if path.extension().is_some_and(|extension| extension == "csv") {
        return Ok(parse_table(&file, &text).err().unwrap_or_default());
    }
    let root = match located::read(&file, &text) {
        Ok(root) => root,
        Err(wrong) => return Ok(wrong),
    };
    let has = |key| root.find(key).is_some();
    if has("workflow") && !has("scenario") {
        return Ok(match parse_placed(&file, &text) {
            Ok((declares, root)) => {
                let placed = Placed {
                    file,
                    root,
                    declares,
                };
                lint(&placed, &Surroundings::default())
            }
            Err(wrong) => wrong,
        });
    }
    if has("scenario") {
        return Ok(parse_scenario_placed(&file, &text)
            .err()
            .unwrap_or_default());
    }
    if has("organisation") {
        return Ok(parse_organisation(&file, &text).err().unwrap_or_default());
    }
    if has("calendar") && has("title") {
        return Ok(match parse_calendar_placed(&file, &text) {
            Ok((declares, root)) => {
                let placed = Placed {
                    file,
                    root,
                    declares,
                };
                lint_calendar(&placed, asked.today)
            }
            Err(wrong) => wrong,
        });
    }
    if has("mapping") {
        let read = Mapping::parse(&file, &text);
        return Ok(read
            .err()
            .map(|why| whole(&file, &why))
            .into_iter()
            .collect());
    }
    if has("people") {
        let read = people::read(path);
        return Ok(read
            .err()
            .map(|why| whole(&file, &why))
            .into_iter()
            .collect());
    }
    Ok(Vec::new())
}

/// A reader that knows no places.
fn whole(file: &str, why: &dyn std::fmt::Display) -> Problem {
    Problem {
        rule: Rule::E31,
        file: file.to_owned(),
        line: 0,
        column: 0,
        pointer: String::new(),
        found: why.to_string(),
        allowed: String::new(),
        suggestion: None,
    }
}

pub(super) fn organisations(
    folder: &Path,
    one: Option<&Authority>,
) -> Result<Vec<Authority>, Box<dyn Error + Send + Sync>> {
    if let Some(one) = one {
        return Ok(vec![one.clone()]);
    }
    let mut found = Vec::new();
    for file in entries(&folder.join("organisation"))? {
        let stem = file.file_stem().and_then(|stem| stem.to_str());
        if file.extension().is_some_and(|e| e == "yaml")
            && let Some(stem) = stem
        {
            found.push(Authority::parse(stem)?);
        }
    }
    Ok(found)
}

/// Every person that the folder knows, and problems of their files.
pub(super) fn everybody(
    folder: &Path,
    problems: &mut Vec<Problem>,
) -> Result<Vec<Principal>, Box<dyn Error + Send + Sync>> {
    let mut found = Vec::new();
    for file in entries(&folder.join("people"))? {
        let name = file.display().to_string();
        let text = std::fs::read_to_string(&file).map_err(|error| format!("{name}: {error}"))?;
        if let Err(wrong) = located::read(&name, &text) {
            problems.extend(wrong);
            continue;
        }
        match people::read(&file) {
            Ok(people) => found.extend(people.iter().map(Person::principal)),
            Err(why) => problems.push(whole(&name, &why)),
        }
    }
    Ok(found)
}

/// People who belong to the organisation hold something in one of its teams or agencies; `None` when
/// nobody is known to.
fn grants_in(organisation: &OrganisationFile, everybody: &[Principal]) -> Option<Vec<Grant>> {
    let belongs = |grant: &Grant| {
        let team = grant.team.as_ref();
        let agency = grant.agency.as_ref();
        team.is_some_and(|team| organisation.units.iter().any(|unit| unit.id == *team))
            || agency.is_some_and(|agency| {
                organisation.schools.iter().any(|s| s.id == *agency)
                    || organisation.agencies.iter().any(|a| a.id == *agency)
            })
    };
    let ours: Vec<Grant> = everybody
        .iter()
        .map(|person| &person.grants)
        .filter(|grants| grants.iter().any(belongs) || grants.iter().all(is_everywhere))
        .flatten()
        .cloned()
        .collect();
    ours.iter().any(belongs).then_some(ours)
}

fn is_error(problem: &Problem) -> bool {
    problem.rule.severity() == Severity::Error
}

fn is_everywhere(grant: &Grant) -> bool {
    grant.team.is_none() && grant.agency.is_none()
}

fn yaml_below(folder: &Path) -> Result<Vec<PathBuf>, Box<dyn Error + Send + Sync>> {
    let mut found = Vec::new();
    for path in entries(folder)? {
        if path.is_dir() {
            found.extend(yaml_below(&path)?);
        } else if path
            .extension()
            .is_some_and(|extension| extension == "yaml")
        {
            found.push(path);
        }
    }
    Ok(found)
}

/// In the order of their names; none where there is no such folder.
fn entries(folder: &Path) -> Result<Vec<PathBuf>, Box<dyn Error + Send + Sync>> {
    if !folder.exists() {
        return Ok(Vec::new());
    }
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        found.push(entry?.path());
    }
    found.sort();
    Ok(found)
}
