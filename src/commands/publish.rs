//! Definition files into the log: all of a folder or nothing, and only what changed.

use super::registry::{Registry, RegistryError};
use crate::domain::declared::{
    CALENDAR_PUBLISHED, GRANTS_SET, ORGANISATION_PUBLISHED, TABLE_PUBLISHED, WORKFLOW_PUBLISHED,
};
use crate::domain::ids::Authority;
use crate::domain::organisation::{OrganisationFile, ReferenceTable};
use crate::domain::request::actor::Principal;
use crate::domain::time::calendar::CalendarFile;
use crate::domain::workflow::Definition;
use crate::domain::workflow::located::Problem;
use crate::domain::workflow::parse::{parse, parse_calendar, parse_organisation, parse_table};
use crate::domain::workflow::schema::Workflow;
use crate::domain::workflow::together::{Together, unknown_names};
use crate::log::{Append, AppendError, Audience, NewEvent, Provenance, StreamKind, Verdict};
use jiff::Timestamp;
use serde::Serialize;
use sha2::{Digest, Sha256};
use std::path::{Path, PathBuf};
use uuid::Uuid;

#[derive(Debug, thiserror::Error)]
pub enum PublishError {
    #[error("{} could not be read: {source}", path.display())]
    File {
        path: PathBuf,
        source: std::io::Error,
    },
    #[error("{}", problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
    Problems { problems: Vec<Problem> },
    #[error("{}", names.join("\n"))]
    Unknown { names: Vec<String> },
    #[error("{file}: {why}")]
    Wrong { file: String, why: String },
    #[error(transparent)]
    Registry(#[from] RegistryError),
    #[error(transparent)]
    Log(#[from] AppendError),
    #[error(
        "`{name}` was published with other content; requests rely on it: publish a new version"
    )]
    Edited { name: String },
    #[error("`{name}` is being published by another replica; start again")]
    Raced { name: String },
}

/// One thing to declare.
#[derive(Debug, Clone, PartialEq)]
pub struct Declaration {
    kind: StreamKind,
    event_type: &'static str,
    /// Unique among its kind within an authority.
    name: String,
    body: Vec<u8>,
}

impl Declaration {
    fn new<T: Serialize>(
        kind: StreamKind,
        event_type: &'static str,
        name: String,
        what: &T,
    ) -> Result<Self, PublishError> {
        // In the order of the file: people meet its states and moves as they were written.
        let body = serde_json::to_vec(what).map_err(|error| PublishError::Wrong {
            file: name.clone(),
            why: error.to_string(),
        })?;
        Ok(Self {
            kind,
            event_type,
            name,
            body,
        })
    }

    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The roles that a principal holds from now on, instead of those before.
    ///
    /// # Errors
    /// Never for a well-formed principal.
    pub fn grants(principal: &Principal) -> Result<Self, PublishError> {
        Self::new(
            StreamKind::Access,
            GRANTS_SET,
            principal.id.to_string(),
            principal,
        )
    }

    /// A definition that does not come from the folder.
    ///
    /// # Errors
    /// When the file is wrong.
    pub fn workflow(file: &str, text: &str) -> Result<Self, PublishError> {
        let definition =
            parse(file, text).map_err(|problems| PublishError::Problems { problems })?;
        Self::of_definition(definition)
    }

    fn of_definition(definition: Definition) -> Result<Self, PublishError> {
        let name = format!("{}/v{}", definition.workflow, definition.version);
        Workflow::new(definition.clone()).map_err(|why| PublishError::Wrong {
            file: name.clone(),
            why: why.join("; "),
        })?;
        Self::new(StreamKind::Workflow, WORKFLOW_PUBLISHED, name, &definition)
    }
}

/// What a folder holds for one authority, read and checked.
struct Folder {
    calendars: Vec<CalendarFile>,
    tables: Vec<ReferenceTable>,
    organisation: Option<OrganisationFile>,
    definitions: Vec<Definition>,
}

/// Every definition file that concerns the authority, checked alone and together. Calendars come
/// first, then tables and the organisation, then workflows with their versions in order.
///
/// # Errors
/// All problems of all files at once.
pub fn read_folder(folder: &Path, authority: &Authority) -> Result<Vec<Declaration>, PublishError> {
    let folder = Folder::read(folder, authority)?;
    let unknown = unknown_names(&Together {
        definitions: folder.definitions.iter().collect(),
        organisation: folder.organisation.as_ref(),
        tables: folder.tables.iter().collect(),
        calendars: folder.calendars.iter().collect(),
    });
    if !unknown.is_empty() {
        return Err(PublishError::Unknown { names: unknown });
    }
    let mut found = Vec::new();
    for file in &folder.calendars {
        let name = file.calendar.to_string();
        found.push(Declaration::new(
            StreamKind::Calendar,
            CALENDAR_PUBLISHED,
            name,
            file,
        )?);
    }
    for file in &folder.tables {
        let name = format!("table/{}", file.table);
        found.push(Declaration::new(
            StreamKind::Organisation,
            TABLE_PUBLISHED,
            name,
            file,
        )?);
    }
    if let Some(file) = &folder.organisation {
        let name = "organisation".to_owned();
        found.push(Declaration::new(
            StreamKind::Organisation,
            ORGANISATION_PUBLISHED,
            name,
            file,
        )?);
    }
    for definition in folder.definitions {
        found.push(Declaration::of_definition(definition)?);
    }
    Ok(found)
}

impl Folder {
    fn read(folder: &Path, authority: &Authority) -> Result<Self, PublishError> {
        let mut problems = Vec::new();
        let calendars = parsed(
            files(&folder.join("calendars"), "yaml")?,
            parse_calendar,
            &mut problems,
        );
        let beside = folder.join("organisation");
        let tables = parsed(
            files(&beside.join(authority.as_str()), "csv")?,
            parse_table,
            &mut problems,
        );
        let path = beside.join(format!("{authority}.yaml"));
        let file = if path.exists() {
            vec![read_file(&path)?]
        } else {
            Vec::new()
        };
        let organisation = parsed(file, parse_organisation, &mut problems).pop();
        let mut versions = Vec::new();
        for directory in folders(folder)? {
            let listed = organisation.as_ref().is_none_or(|file: &OrganisationFile| {
                file.workflows.is_empty()
                    || file
                        .workflows
                        .iter()
                        .any(|name| directory.ends_with(name.as_str()))
            });
            if listed {
                versions.extend(
                    files(&directory, "yaml")?
                        .into_iter()
                        .filter(|(f, _)| is_version(f)),
                );
            }
        }
        let definitions = parsed(versions, parse, &mut problems);
        if problems.is_empty() {
            Ok(Self {
                calendars,
                tables,
                organisation,
                definitions,
            })
        } else {
            Err(PublishError::Problems { problems })
        }
    }
}

fn parsed<T>(
    files: Vec<(String, String)>,
    parse: impl Fn(&str, &str) -> Result<T, Vec<Problem>>,
    problems: &mut Vec<Problem>,
) -> Vec<T> {
    let mut good = Vec::with_capacity(files.len());
    for (file, text) in files {
        match parse(&file, &text) {
            Ok(one) => good.push(one),
            Err(wrong) => problems.extend(wrong),
        }
    }
    good
}

/// Appends what differs from the last publication of the same name; returns how many did.
///
/// # Errors
/// When the log is out of reach or another replica publishes at the same moment.
pub async fn publish(
    registry: &Registry,
    authority: &Authority,
    declarations: Vec<Declaration>,
    actor: &str,
    now: Timestamp,
) -> Result<usize, PublishError> {
    let log = registry.log();
    let publication = Publication {
        authority,
        actor,
        now,
    };
    let mut count = 0;
    for declaration in declarations {
        let stream = stream_of(authority, declaration.kind, &declaration.name);
        let published = log.read_stream(authority.as_str(), stream, 0).await?;
        if published
            .last()
            .is_some_and(|event| event.body == declaration.body)
        {
            continue;
        }
        if declaration.kind == StreamKind::Workflow && !published.is_empty() {
            return Err(PublishError::Edited {
                name: declaration.name,
            });
        }
        let version = published.last().map_or(0, |event| event.version);
        let name = declaration.name.clone();
        let append = append_of(&publication, stream, version, declaration);
        match log.append(append).await? {
            Verdict::Appended(_) | Verdict::Duplicate(_) => count += 1,
            Verdict::Conflict { .. } | Verdict::Reused => {
                return Err(PublishError::Raced { name });
            }
        }
    }
    registry.refresh().await?;
    Ok(count)
}

/// The stream of a declaration, the same on every replica.
#[must_use]
pub fn stream_of(authority: &Authority, kind: StreamKind, name: &str) -> Uuid {
    let text = format!("{authority}/{}/{name}", kind.as_str());
    Uuid::new_v5(&Uuid::NAMESPACE_OID, text.as_bytes())
}

/// Who declares, where and when.
struct Publication<'a> {
    authority: &'a Authority,
    actor: &'a str,
    now: Timestamp,
}

fn append_of(
    publication: &Publication<'_>,
    stream: Uuid,
    version: i32,
    declaration: Declaration,
) -> Append {
    let digest = Sha256::digest(&declaration.body);
    let mut fingerprint = [0; 16];
    fingerprint.copy_from_slice(&digest[..16]);
    let command_id = Uuid::new_v5(&stream, &[&version.to_be_bytes()[..], &digest[..]].concat());
    Append {
        authority: publication.authority.to_string(),
        stream,
        stream_kind: declaration.kind,
        expected_version: version,
        command_id,
        fingerprint,
        actor: publication.actor.to_owned(),
        on_behalf_of: None,
        correlation: command_id,
        causation: None,
        definition: None,
        provenance: Provenance::Live,
        events: vec![NewEvent {
            event_type: declaration.event_type.to_owned(),
            schema_version: 1,
            occurred_at: publication.now,
            audience: Audience::Ordinary,
            body: declaration.body,
            sealed: Vec::new(),
        }],
        keys: None,
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
fn files(folder: &Path, extension: &str) -> Result<Vec<(String, String)>, PublishError> {
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
