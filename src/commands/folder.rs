//! The definition files of one authority, read and asked together: what each says, where it says
//! it, and everything that is wrong with them.

use super::publish::PublishError;
use super::scenarios::Version;
use crate::domain::ids::Authority;
use crate::domain::measures::MeasuresFile;
use crate::domain::organisation::{OrganisationFile, ReferenceTable};
use crate::domain::request::actor::Grant;
use crate::domain::time::calendar::CalendarFile;
use crate::domain::workflow::Definition;
use crate::domain::workflow::lint::{
    Covered, Placed, Surroundings, lint, lint_calendar, lint_names, lint_organisation,
};
use crate::domain::workflow::located::{Node, Problem};
use crate::domain::workflow::parse::{
    parse_calendar_placed, parse_organisation_placed, parse_placed, parse_table,
};
use jiff::civil::Date;
use rayon::iter::{IntoParallelIterator, IntoParallelRefIterator, ParallelIterator};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// What a folder holds for one authority.
#[derive(Debug, Default)]
pub struct Folder {
    pub calendars: Vec<Placed<CalendarFile>>,
    pub tables: Vec<ReferenceTable>,
    pub organisation: Option<Placed<OrganisationFile>>,
    pub definitions: Vec<Placed<Definition>>,
    pub measures: Option<MeasuresFile>,
    /// What keeps files from being read at all.
    pub problems: Vec<Problem>,
}

/// What only some who ask know.
#[derive(Debug, Clone, Copy, Default)]
pub struct Knowledge<'a> {
    pub grants: Option<&'a [Grant]>,
    pub today: Option<Date>,
    /// By version of a workflow; of a version that is not there nothing is known.
    pub covered: Option<&'a BTreeMap<Version, Covered>>,
}

impl Folder {
    /// # Errors
    /// When a file or folder cannot be opened. What is wrong inside is in `problems`.
    pub fn read(folder: &Path, authority: &Authority) -> Result<Self, PublishError> {
        let mut found = Self::default();
        for (file, text) in files(&folder.join("calendars"), "yaml")? {
            let read = parse_calendar_placed(&file, &text);
            found
                .calendars
                .extend(keep(read, file, &mut found.problems));
        }
        let beside = folder.join("organisation");
        for (file, text) in files(&beside.join(authority.as_str()), "csv")? {
            match parse_table(&file, &text) {
                Ok(table) => found.tables.push(table),
                Err(wrong) => found.problems.extend(wrong),
            }
        }
        let path = beside.join(format!("{authority}.yaml"));
        if path.exists() {
            let (file, text) = read_file(&path)?;
            let read = parse_organisation_placed(&file, &text);
            found.organisation = keep(read, file, &mut found.problems);
        }
        let path = folder.join("measures").join(format!("{authority}.yaml"));
        if path.exists() {
            let (file, text) = read_file(&path)?;
            found.measures = Some(measures(file, &text)?);
        }
        let mut versions = Vec::new();
        for directory in folders(folder)? {
            if found.works_by(&directory) {
                versions.extend(files(&directory, "yaml")?);
            }
        }
        versions.retain(|(file, _)| is_version(file));
        let read: Vec<_> = versions
            .into_par_iter()
            .map(|(file, text)| (parse_placed(&file, &text), file))
            .collect();
        for (read, file) in read {
            found
                .definitions
                .extend(keep(read, file, &mut found.problems));
        }
        Ok(found)
    }

    /// Whether the organisation works by the workflow of a folder; by every one, where none is named.
    fn works_by(&self, directory: &Path) -> bool {
        self.organisation.as_ref().is_none_or(|file| {
            let named = &file.declares.workflows;
            named.is_empty() || named.iter().any(|name| directory.ends_with(name.as_str()))
        })
    }

    /// Everything wrong with the files, alone and together, warnings too, file by file.
    #[must_use]
    pub fn findings(&self, knowledge: Knowledge<'_>) -> Vec<Problem> {
        let mut found = self.problems.clone();
        let calendars: Vec<&CalendarFile> = self.calendars.iter().map(|c| &c.declares).collect();
        found.extend(lint_names(&self.calendars));
        if let Some(today) = knowledge.today {
            let late = self.calendars.iter().map(|file| lint_calendar(file, today));
            found.extend(late.flatten());
        }
        // A calendar that could not be read is missing for that reason alone.
        let calendars = self.problems.is_empty().then_some(calendars);
        if let (Some(organisation), Some(calendars)) = (&self.organisation, &calendars) {
            found.extend(lint_organisation(organisation, calendars));
        }
        let around = Surroundings {
            organisation: self.organisation.as_ref().map(|file| &file.declares),
            tables: self.tables.iter().collect(),
            calendars,
            grants: knowledge.grants.map(|grants| grants.iter().collect()),
            covered: None,
        };
        let asked: Vec<Vec<Problem>> = self
            .definitions
            .par_iter()
            .map(|definition| {
                let Definition {
                    workflow, version, ..
                } = &definition.declares;
                let covered = knowledge
                    .covered
                    .and_then(|all| all.get(&(workflow.clone(), *version)));
                lint(
                    definition,
                    &Surroundings {
                        covered,
                        ..around.clone()
                    },
                )
            })
            .collect();
        found.extend(asked.into_iter().flatten());
        found
    }
}

/// All that is wrong with it at once.
fn measures(file: String, text: &str) -> Result<MeasuresFile, PublishError> {
    let read: Result<MeasuresFile, _> = serde_saphyr::from_str(text);
    let why = match read {
        Ok(measures) => match measures.problems() {
            problems if problems.is_empty() => return Ok(measures),
            problems => problems.join("; "),
        },
        Err(error) => error.to_string(),
    };
    Err(PublishError::Wrong { file, why })
}

fn keep<T>(
    read: Result<(T, Node), Vec<Problem>>,
    file: String,
    problems: &mut Vec<Problem>,
) -> Option<Placed<T>> {
    match read {
        Ok((declares, root)) => Some(Placed {
            file,
            root,
            declares,
        }),
        Err(wrong) => {
            problems.extend(wrong);
            None
        }
    }
}

fn read_file(path: &Path) -> Result<(String, String), PublishError> {
    let text = std::fs::read_to_string(path).map_err(|source| PublishError::File {
        path: path.to_owned(),
        source,
    })?;
    Ok((path.display().to_string(), text))
}

/// Files of one folder by name; a missing folder is an empty one.
///
/// # Errors
/// When one cannot be opened.
pub fn files(folder: &Path, extension: &str) -> Result<Vec<(String, String)>, PublishError> {
    let mut paths: Vec<PathBuf> = entries(folder)?
        .into_iter()
        .filter(|path| path.is_file() && path.extension().is_some_and(|e| e == extension))
        .collect();
    paths.sort_by_key(|path| version_of(path));
    paths.iter().map(|path| read_file(path)).collect()
}

fn folders(folder: &Path) -> Result<Vec<PathBuf>, PublishError> {
    let mut folders: Vec<PathBuf> = entries(folder)?
        .into_iter()
        .filter(|path| path.is_dir())
        .collect();
    folders.sort();
    Ok(folders)
}

fn entries(folder: &Path) -> Result<Vec<PathBuf>, PublishError> {
    if !folder.exists() {
        return Ok(Vec::new());
    }
    let error = |source| PublishError::File {
        path: folder.to_owned(),
        source,
    };
    std::fs::read_dir(folder)
        .map_err(error)?
        .map(|entry| entry.map(|e| e.path()).map_err(error))
        .collect()
}

/// `v10` comes after `v9`.
fn version_of(path: &Path) -> (u32, PathBuf) {
    let stem = path
        .file_stem()
        .and_then(|s| s.to_str())
        .unwrap_or_default();
    (
        stem.strip_prefix('v')
            .and_then(|n| n.parse().ok())
            .unwrap_or(0),
        path.to_owned(),
    )
}

fn is_version(file: &str) -> bool {
    version_of(Path::new(file)).0 > 0
}
