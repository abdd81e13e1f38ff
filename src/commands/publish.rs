//! Definition files into the log: all of a folder or nothing, and only what changed.

use super::folder::{Folder, Knowledge};
use super::registry::{Registry, RegistryError};
use crate::domain::declared::{
    CALENDAR_PUBLISHED, Declared, DeclaredError, GRANTS_SET, MEASURES_PUBLISHED,
    ORGANISATION_PUBLISHED, TABLE_PUBLISHED, WORKFLOW_PUBLISHED,
};
use crate::domain::ids::Authority;
use crate::domain::organisation::{OrganisationFile, ReferenceTable};
use crate::domain::request::actor::Principal;
use crate::domain::time::calendar::CalendarFile;
use crate::domain::workflow::Definition;
use crate::domain::workflow::lint::{Placed, Severity, Surroundings, lint};
use crate::domain::workflow::located::Problem;
use crate::domain::workflow::parse::parse_placed;
use crate::domain::workflow::schema::Workflow;
use crate::log::{Append, AppendError, Audience, NewEvent, Provenance, StreamKind, Verdict};
use jiff::Timestamp;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
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
    /// Of an older image, which would bring back what has been changed since.
    #[error(
        "`{name}` has revision {found} here, and {published} is in force: take the newer files, or raise the revision"
    )]
    Older {
        name: String,
        found: u32,
        published: u32,
    },
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

    pub(super) fn apply_to(&self, declared: &mut Declared) -> Result<(), DeclaredError> {
        declared.apply(0, self.event_type, &self.body)
    }

    /// Whether a published body says the same: as another build wrote it, too.
    fn says(&self, published: &[u8]) -> bool {
        fn again<T: DeserializeOwned + Serialize>(body: &[u8]) -> Option<Vec<u8>> {
            let read: T = serde_json::from_slice(body).ok()?;
            serde_json::to_vec(&read).ok()
        }
        let written = match self.event_type {
            WORKFLOW_PUBLISHED => again::<Definition>(published),
            CALENDAR_PUBLISHED => again::<CalendarFile>(published),
            ORGANISATION_PUBLISHED => again::<OrganisationFile>(published),
            TABLE_PUBLISHED => again::<ReferenceTable>(published),
            _ => None,
        };
        self.body == published || written.as_ref() == Some(&self.body)
    }

    /// # Errors
    /// When requests rely on what was published, or a newer revision is.
    fn may_follow(&self, published: &[u8]) -> Result<(), PublishError> {
        let name = self.name.clone();
        if self.kind == StreamKind::Workflow {
            return Err(PublishError::Edited { name });
        }
        let (found, published) = (revision_of(&self.body), revision_of(published));
        if found < published {
            return Err(PublishError::Older {
                name,
                found,
                published,
            });
        }
        Ok(())
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
        let refused = |problems| PublishError::Problems { problems };
        let (declares, root) = parse_placed(file, text).map_err(refused)?;
        let placed = Placed {
            file: file.to_owned(),
            root,
            declares,
        };
        let mut problems = lint(&placed, &Surroundings::default());
        problems.retain(|problem| problem.rule.severity() == Severity::Error);
        if !problems.is_empty() {
            return Err(refused(problems));
        }
        Self::of_definition(&placed.declares)
    }

    fn of_definition(definition: &Definition) -> Result<Self, PublishError> {
        let name = format!("{}/v{}", definition.workflow, definition.version);
        Workflow::new(definition.clone()).map_err(|why| PublishError::Wrong {
            file: name.clone(),
            why: why.join("; "),
        })?;
        Self::new(StreamKind::Workflow, WORKFLOW_PUBLISHED, name, definition)
    }
}

/// Every definition file that concerns the authority, checked alone and together. Calendars come
/// first, then tables and the organisation, then workflows with their versions in order.
///
/// # Errors
/// All problems of all files at once: one bad file keeps the whole folder out.
pub fn read_folder(folder: &Path, authority: &Authority) -> Result<Vec<Declaration>, PublishError> {
    let folder = Folder::read(folder, authority)?;
    let mut problems = folder.findings(Knowledge::default());
    problems.retain(|problem| problem.rule.severity() == Severity::Error);
    if !problems.is_empty() {
        return Err(PublishError::Problems { problems });
    }
    declarations(&folder)
}

/// What a folder declares, as it would be published.
pub(super) fn declarations(folder: &Folder) -> Result<Vec<Declaration>, PublishError> {
    let mut found = Vec::new();
    for file in folder.calendars.iter().map(|file| &file.declares) {
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
    if let Some(file) = folder.organisation.as_ref().map(|file| &file.declares) {
        let name = "organisation".to_owned();
        found.push(Declaration::new(
            StreamKind::Organisation,
            ORGANISATION_PUBLISHED,
            name,
            file,
        )?);
    }
    if let Some(file) = &folder.measures {
        found.push(Declaration::new(
            StreamKind::Organisation,
            MEASURES_PUBLISHED,
            "measures".to_owned(),
            file,
        )?);
    }
    for definition in &folder.definitions {
        found.push(Declaration::of_definition(&definition.declares)?);
    }
    Ok(found)
}

/// Appends what differs from the last publication of the same name; returns how many did. All is
/// looked at before anything is appended.
///
/// # Errors
/// When something may not be published, and then nothing is; when the log is out of reach or another
/// replica publishes at the same moment.
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
    let mut appends = Vec::new();
    let mut names = Vec::new();
    for declaration in declarations {
        let stream = stream_of(authority, declaration.kind, &declaration.name);
        let published = log.read_stream(authority.as_str(), stream, 0).await?;
        let last = published.last();
        if last.is_some_and(|last| declaration.says(&last.body)) {
            continue;
        }
        if let Some(last) = last {
            declaration.may_follow(&last.body)?;
        }
        let version = last.map_or(0, |event| event.version);
        names.push(declaration.name.clone());
        appends.push(append_of(&publication, stream, version, declaration));
    }
    let count = appends.len();
    for (verdict, name) in log.append_all(appends).await.into_iter().zip(names) {
        match verdict? {
            Verdict::Appended(_) | Verdict::Duplicate(_) => {}
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

/// 0 where a file counts none.
fn revision_of(body: &[u8]) -> u32 {
    #[derive(Deserialize)]
    struct Counted {
        #[serde(default)]
        revision: u32,
    }
    serde_json::from_slice(body).map_or(0, |counted: Counted| counted.revision)
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
