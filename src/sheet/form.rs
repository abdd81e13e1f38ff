//! What a sheet is for: a workflow, its opening move, and the columns of that.

use crate::domain::declared::Declared;
use crate::domain::ids::{MoveName, WorkflowName};
use crate::domain::workflow::schema::Columns;

#[derive(Debug, Clone)]
pub struct Form {
    pub workflow: WorkflowName,
    pub opening: MoveName,
    pub columns: Columns,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoForm {
    #[error("there is no such workflow")]
    UnknownWorkflow { allowed: Vec<WorkflowName> },
    #[error("requests of this workflow open in several ways; a sheet is for one")]
    OpensInSeveralWays,
}

impl Form {
    /// Of the newest version.
    ///
    /// # Errors
    /// When there is no such workflow, or a row could mean several things.
    pub fn of(declared: &Declared, workflow: &WorkflowName) -> Result<Self, NoForm> {
        let Some(newest) = declared.newest_workflow(workflow) else {
            let allowed = declared.workflow_names().cloned().collect();
            return Err(NoForm::UnknownWorkflow { allowed });
        };
        let (opening, rule) = newest
            .opening_move()
            .map_err(|_| NoForm::OpensInSeveralWays)?;
        Ok(Self {
            workflow: workflow.clone(),
            opening: opening.clone(),
            columns: Columns::of(&rule.data),
        })
    }
}
