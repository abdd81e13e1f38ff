//! What is in force for one authority: workflows, organisation, calendars, reference tables and
//! grants, folded from the declarations in the log.

use crate::domain::derive::derive;
use crate::domain::ids::{CalendarName, DefinitionHash, PrincipalId, WorkflowName};
use crate::domain::measures::MeasuresFile;
use crate::domain::measures::note::Note;
use crate::domain::organisation::{Organisation, OrganisationFile, ReferenceTable};
use crate::domain::request::actor::Principal;
use crate::domain::request::error::Refusal;
use crate::domain::time::calendar::{CalendarFile, Calendars};
use crate::domain::workflow::schema::Workflow;
use jiff::civil::Date;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;
use uuid::Uuid;

/// Event types of declarations; each carries the whole of what it declares.
pub const WORKFLOW_PUBLISHED: &str = "workflow-published";
pub const CALENDAR_PUBLISHED: &str = "calendar-published";
pub const ORGANISATION_PUBLISHED: &str = "organisation-published";
pub const TABLE_PUBLISHED: &str = "table-published";
pub const MEASURES_PUBLISHED: &str = "measures-published";
/// What somebody says of a figure.
pub const FIGURE_NOTED: &str = "figure-noted";
pub const GRANTS_SET: &str = "grants-set";
/// Marks around an import: between them nothing that it brings falls due.
pub const IMPORT_STARTED: &str = "import-started";
pub const IMPORT_ENDED: &str = "import-ended";

#[derive(Clone, Default)]
pub struct Declared {
    workflows: HashMap<DefinitionHash, Arc<Workflow>>,
    newest: BTreeMap<WorkflowName, Arc<Workflow>>,
    calendar_files: BTreeMap<CalendarName, CalendarFile>,
    calendars: Arc<Calendars>,
    organisation_file: Option<OrganisationFile>,
    tables: BTreeMap<String, Arc<ReferenceTable>>,
    organisation: Arc<Organisation>,
    /// Every one that was ever in force, each from the position after its own.
    organisations: Vec<(i64, Arc<Organisation>)>,
    principals: HashMap<PrincipalId, Principal>,
    imports_ended: BTreeSet<Uuid>,
    measures: Option<Arc<MeasuresFile>>,
    notes: Arc<Vec<Note>>,
}

#[derive(Debug, Clone, thiserror::Error)]
pub enum DeclaredError {
    #[error("unknown declaration `{found}`")]
    UnknownType { found: String },
    #[error("a declaration `{event_type}` cannot be read: {why}")]
    Unreadable { event_type: String, why: String },
}

impl Declared {
    /// Takes one event of a stream kind other than `request`, in the order of the log.
    ///
    /// # Errors
    /// When this build does not know the declaration; what was in force stays.
    pub fn apply(
        &mut self,
        position: i64,
        event_type: &str,
        body: &[u8],
    ) -> Result<(), DeclaredError> {
        match event_type {
            WORKFLOW_PUBLISHED => self.take_workflow(body),
            CALENDAR_PUBLISHED => self.take_calendar(read(event_type, body)?),
            ORGANISATION_PUBLISHED => {
                self.organisation_file = Some(read(event_type, body)?);
                self.organise(position);
                Ok(())
            }
            TABLE_PUBLISHED => {
                let table: ReferenceTable = read(event_type, body)?;
                self.tables.insert(table.table.clone(), Arc::new(table));
                self.organise(position);
                Ok(())
            }
            GRANTS_SET => {
                let principal: Principal = read(event_type, body)?;
                self.principals.insert(principal.id.clone(), principal);
                Ok(())
            }
            IMPORT_STARTED => Ok(()),
            IMPORT_ENDED => {
                let mark: Mark = read(event_type, body)?;
                self.imports_ended.insert(mark.import);
                Ok(())
            }
            MEASURES_PUBLISHED => {
                self.measures = Some(Arc::new(read(event_type, body)?));
                Ok(())
            }
            FIGURE_NOTED => {
                let note: Note = read(event_type, body)?;
                Arc::make_mut(&mut self.notes).push(note);
                Ok(())
            }
            other => Err(DeclaredError::UnknownType {
                found: other.to_owned(),
            }),
        }
    }

    fn take_workflow(&mut self, body: &[u8]) -> Result<(), DeclaredError> {
        let workflow = Workflow::stored(body).map_err(|errors| DeclaredError::Unreadable {
            event_type: WORKFLOW_PUBLISHED.to_owned(),
            why: errors.join("; "),
        })?;
        let workflow = Arc::new(workflow);
        self.workflows.insert(workflow.hash, Arc::clone(&workflow));
        let newest = self
            .newest
            .entry(workflow.definition.workflow.clone())
            .or_insert(Arc::clone(&workflow));
        if newest.definition.version <= workflow.definition.version {
            *newest = workflow;
        }
        Ok(())
    }

    /// Layers may arrive in any order: what cannot be built yet waits for its layer.
    fn take_calendar(&mut self, file: CalendarFile) -> Result<(), DeclaredError> {
        self.calendar_files.insert(file.calendar.clone(), file);
        self.build_calendars();
        Ok(())
    }

    fn build_calendars(&mut self) {
        let Ok(mut calendars) = Calendars::build(self.calendar_files.values().cloned()) else {
            return;
        };
        // A clock that started by a cover goes on by it when the cover is over.
        for (_, past) in &self.organisations {
            for covered in past.covered_calendars() {
                let is_past = !Arc::ptr_eq(past, &self.organisation);
                if calendars.add_covered(&covered).is_err() && !is_past {
                    return;
                }
            }
        }
        self.calendars = Arc::new(calendars);
    }

    fn organise(&mut self, position: i64) {
        if let Some(file) = &self.organisation_file {
            self.organisation = Arc::new(Organisation::new(
                file.clone(),
                self.tables.values().cloned(),
            ));
            let now = Arc::clone(&self.organisation);
            self.organisations.push((position, now));
            self.build_calendars();
        }
    }

    /// The pinned definition of a request.
    #[must_use]
    pub fn find_workflow(&self, hash: &DefinitionHash) -> Option<&Arc<Workflow>> {
        self.workflows.get(hash)
    }

    /// The version that a new request takes: the newest that is rolled out to its cluster. `data` is
    /// what the opening move was given.
    ///
    /// # Errors
    /// When no version is rolled out there yet.
    pub fn opening_workflow(
        &self,
        name: &WorkflowName,
        data: &Map<String, Value>,
        on: Date,
    ) -> Result<&Arc<Workflow>, Refusal> {
        let stages = self.organisation.file().map_or(&[][..], |f| &f.roll_out);
        let mut versions: Vec<&Arc<Workflow>> = self
            .workflows
            .values()
            .filter(|workflow| workflow.definition.workflow == *name)
            .collect();
        versions.sort_by_key(|workflow| std::cmp::Reverse(workflow.definition.version));
        let mut found = versions.into_iter().filter(|workflow| {
            let definition = &workflow.definition;
            let mut ours = stages
                .iter()
                .filter(|stage| stage.workflow == *name && stage.version == definition.version)
                .peekable();
            if ours.peek().is_none() {
                return true;
            }
            let codes = derive(&definition.derive, data, &self.organisation, on);
            let cluster = codes.get("cluster").and_then(Value::as_str);
            ours.any(|stage| {
                let here = |code: &str| stage.clusters.iter().any(|known| known == code);
                stage.from <= on && (stage.clusters.is_empty() || cluster.is_some_and(here))
            })
        });
        found.next().ok_or_else(|| Refusal::NotHereYet {
            workflow: name.clone(),
        })
    }

    /// The newest version of a workflow.
    #[must_use]
    pub fn newest_workflow(&self, name: &WorkflowName) -> Option<&Arc<Workflow>> {
        self.newest.get(name)
    }

    /// Every published version.
    pub fn workflows(&self) -> impl Iterator<Item = &Arc<Workflow>> {
        self.workflows.values()
    }

    pub fn workflow_names(&self) -> impl Iterator<Item = &WorkflowName> {
        self.newest.keys()
    }

    #[must_use]
    pub fn organisation(&self) -> &Organisation {
        &self.organisation
    }

    /// What was in force at a position: whoever folds an old event again must not be told otherwise.
    #[must_use]
    pub fn organisation_at(&self, position: i64) -> &Organisation {
        let before = self.organisations.iter().rev();
        let mut before = before.skip_while(|(from, _)| *from >= position);
        before.next().map_or(&self.organisation, |(_, then)| then)
    }

    #[must_use]
    pub fn measures(&self) -> Option<&Arc<MeasuresFile>> {
        self.measures.as_ref()
    }

    /// What was said of figures, oldest first.
    #[must_use]
    pub fn notes(&self) -> &[Note] {
        &self.notes
    }

    #[must_use]
    pub fn calendars(&self) -> &Calendars {
        &self.calendars
    }

    #[must_use]
    pub fn shared_calendars(&self) -> Arc<Calendars> {
        Arc::clone(&self.calendars)
    }

    /// Whether an import is through; its id is the correlation of all that it brought.
    #[must_use]
    pub fn has_ended(&self, import: &Uuid) -> bool {
        self.imports_ended.contains(import)
    }

    /// Everybody who was ever granted something.
    pub fn principals(&self) -> impl Iterator<Item = &Principal> {
        self.principals.values()
    }

    #[must_use]
    pub fn find_principal(&self, id: &PrincipalId) -> Option<&Principal> {
        self.principals.get(id)
    }
}

#[derive(Deserialize)]
struct Mark {
    import: Uuid,
}

fn read<T: DeserializeOwned>(event_type: &str, body: &[u8]) -> Result<T, DeclaredError> {
    serde_json::from_slice(body).map_err(|error| DeclaredError::Unreadable {
        event_type: event_type.to_owned(),
        why: error.to_string(),
    })
}
