//! What is in force for one authority: workflows, organisation, calendars, reference tables and
//! grants, folded from the declarations in the log.

use crate::domain::ids::{DefinitionHash, PrincipalId, WorkflowName};
use crate::domain::organisation::Organisation;
use crate::domain::request::actor::Principal;
use crate::domain::time::calendar::Calendars;
use crate::domain::workflow::schema::Workflow;
use std::sync::Arc;

#[derive(Clone, Default)]
pub struct Declared {}

impl Declared {
    /// Takes one event of a stream kind other than `request`.
    pub fn apply(&mut self, _event_type: &str, _body: &[u8]) -> Result<(), DeclaredError> {
        unimplemented!()
    }
    /// The pinned definition of a request.
    #[must_use]
    pub fn find_workflow(&self, _hash: &DefinitionHash) -> Option<&Arc<Workflow>> {
        unimplemented!()
    }
    /// The newest version of a workflow.
    #[must_use]
    pub fn newest_workflow(&self, _name: &WorkflowName) -> Option<&Arc<Workflow>> {
        unimplemented!()
    }
    pub fn workflows(&self) -> impl Iterator<Item = &Arc<Workflow>> {
        std::iter::empty()
    }
    #[must_use]
    pub fn organisation(&self) -> &Organisation {
        unimplemented!()
    }
    #[must_use]
    pub fn calendars(&self) -> &Calendars {
        unimplemented!()
    }
    #[must_use]
    pub fn find_principal(&self, _id: &PrincipalId) -> Option<&Principal> {
        unimplemented!()
    }
}

#[derive(Debug, Clone, thiserror::Error)]
pub enum DeclaredError {
    #[error("unknown declaration `{found}`")]
    UnknownType { found: String },
    #[error("a declaration `{event_type}` cannot be read: {why}")]
    Unreadable { event_type: String, why: String },
}
