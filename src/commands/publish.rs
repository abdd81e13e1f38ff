//! Definition files into the log: all of a folder or nothing, and only what changed.

use super::registry::{Registry, RegistryError};
use crate::domain::declared::{
    CALENDAR_PUBLISHED, GRANTS_SET, ORGANISATION_PUBLISHED, TABLE_PUBLISHED, WORKFLOW_PUBLISHED,
};
use crate::domain::ids::Authority;
use crate::domain::request::actor::Principal;
use crate::domain::workflow::located::Problem;
use crate::domain::workflow::parse::{parse, parse_calendar, parse_organisation, parse_table};
use crate::domain::workflow::schema::{Workflow, canonical};
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
        let value = serde_json::to_value(what).map_err(|error| PublishError::Wrong {
            file: name.clone(),
            why: error.to_string(),
        })?;
        Ok(Self {
            kind,
            event_type,
            name,
            body: canonical(&value),
        })
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
    /// When a schema in it cannot be compiled.
    pub fn workflow(file: &str, text: &str) -> Result<Self, PublishError> {
        let definition =
            parse(file, text).map_err(|problems| PublishError::Problems { problems })?;
        let name = format!("{}/v{}", definition.workflow, definition.version);
        Workflow::new(definition.clone()).map_err(|why| PublishError::Wrong {
            file: file.to_owned(),
            why: why.join("; "),
        })?;
        Self::new(StreamKind::Workflow, WORKFLOW_PUBLISHED, name, &definition)
    }
}

/// Every definition file that concerns the authority. Calendars come first, then the organisation
/// and its tables, then workflows with their versions in order.
///
/// # Errors
/// All problems of all files at once.
pub fn read_folder(folder: &Path, authority: &Authority) -> Result<Vec<Declaration>, PublishError> {
    let mut found = Vec::new();
    let mut problems = Vec::new();
    let mut keep = |result: Result<Declaration, PublishError>| match result {
        Ok(declaration) => {
            found.push(declaration);
            Ok(())
        }
        Err(PublishError::Problems { problems: more }) => {
            problems.extend(more);
            Ok(())
        }
        Err(other) => Err(other),
    };
    for (file, text) in files(&folder.join("calendars"), "yaml")? {
        keep(
            parse_calendar(&file, &text)
                .map_err(|p| PublishError::Problems { problems: p })
                .and_then(|c| {
                    Declaration::new(
                        StreamKind::Calendar,
                        CALENDAR_PUBLISHED,
                        c.calendar.to_string(),
                        &c,
                    )
                }),
        )?;
    }
    let organisation = folder.join("organisation");
    for (file, text) in files(&organisation.join(authority.as_str()), "csv")? {
        keep(
            parse_table(&file, &text)
                .map_err(|p| PublishError::Problems { problems: p })
                .and_then(|t| {
                    Declaration::new(
                        StreamKind::Organisation,
                        TABLE_PUBLISHED,
                        format!("table/{}", t.table),
                        &t,
                    )
                }),
        )?;
    }
    let path = organisation.join(format!("{authority}.yaml"));
    if path.exists() {
        let (file, text) = read_file(&path)?;
        keep(
            parse_organisation(&file, &text)
                .map_err(|p| PublishError::Problems { problems: p })
                .and_then(|o| {
                    Declaration::new(
                        StreamKind::Organisation,
                        ORGANISATION_PUBLISHED,
                        "organisation".to_owned(),
                        &o,
                    )
                }),
        )?;
    }
    for directory in folders(folder)? {
        for (file, text) in files(&directory, "yaml")? {
            if is_version(&file) {
                keep(Declaration::workflow(&file, &text))?;
            }
        }
    }
    if problems.is_empty() {
        Ok(found)
    } else {
        Err(PublishError::Problems { problems })
    }
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
        let append = append_of(authority, stream, version, declaration, actor, now);
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

fn append_of(
    authority: &Authority,
    stream: Uuid,
    version: i32,
    declaration: Declaration,
    actor: &str,
    now: Timestamp,
) -> Append {
    let digest = Sha256::digest(&declaration.body);
    let mut fingerprint = [0; 16];
    fingerprint.copy_from_slice(&digest[..16]);
    let command_id = Uuid::new_v5(&stream, &[&version.to_be_bytes()[..], &digest[..]].concat());
    Append {
        authority: authority.to_string(),
        stream,
        stream_kind: declaration.kind,
        expected_version: version,
        command_id,
        fingerprint,
        actor: actor.to_owned(),
        on_behalf_of: None,
        correlation: command_id,
        causation: None,
        definition: None,
        provenance: Provenance::Live,
        events: vec![NewEvent {
            event_type: declaration.event_type.to_owned(),
            schema_version: 1,
            occurred_at: now,
            audience: Audience::Ordinary,
            body: declaration.body,
            sealed: Vec::new(),
        }],
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
