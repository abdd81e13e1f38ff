//! The only writer of requests: a command goes in, a receipt or a reason comes out.
//!
//! Invariant: what is acknowledged is in the log; the same command again gives the same receipt.

pub mod aggregate;
mod before;
mod cache;
mod checking;
mod execute;
mod facts;
mod folder;
mod imported;
mod linking;
mod loading;
mod marks;
mod notes;
mod prepare;
mod publish;
mod reading;
pub mod records;
mod registry;
mod scenarios;
mod sealing;
mod seen;
mod sight;
mod timing;

pub use execute::Commands;
pub use folder::{Folder, Knowledge, files as definition_files};
pub use imported::{Imported, ImportedAct, Importer};
pub use loading::Loaded;
pub use marks::{ImportMark, mark_import};
pub use notes::{NoteError, write_note};
pub use prepare::is_key;
pub use publish::{Declaration, PublishError, publish, read_folder, stream_of};
pub use reading::{GivenNumber, Opened};
pub use registry::{InForce, Registry, RegistryError};
pub use scenarios::{Version, Walked, Walks};

use crate::domain::ids::{
    Authority, ClockName, MoveName, PrincipalId, ReasonCode, RequestId, WorkflowName,
};
use crate::domain::request::actor::Principal;
use crate::domain::request::asking::Unfit;
pub use crate::domain::request::command::{AskedMove, OpenedOn};
use crate::domain::request::error::Refusal;
use crate::domain::request::rung::RungId;
use crate::domain::workflow::definition::Target;
use crate::domain::workflow::schema::DataError;
use crate::log::AppendError;
pub use crate::log::{Audience, Position, Provenance};
use jiff::Timestamp;
use uuid::Uuid;

const RETRY_AFTER_MS: u64 = 1_000;

#[derive(Debug, Clone)]
pub struct Command {
    pub authority: Authority,
    pub actor: Principal,
    /// The person that a service account speaks for.
    pub on_behalf_of: Option<PrincipalId>,
    /// The caller's Idempotency-Key.
    pub key: String,
    pub ask: Ask,
    /// Version from `If-Match`.
    pub if_match: Option<i32>,
    /// Only where times may be supplied: imports and synthetic work.
    pub occurred_at: Option<Timestamp>,
    pub provenance: Provenance,
    pub correlation: Uuid,
    pub causation: Option<Uuid>,
}

#[derive(Debug, Clone)]
pub enum Ask {
    /// A new request under the newest version of the workflow; `moves[0]` is its opening move.
    Open {
        workflow: WorkflowName,
        moves: Vec<AskedMove>,
    },
    Moves {
        request: RequestId,
        moves: Vec<AskedMove>,
    },
    Claim {
        request: RequestId,
        /// Takes a colleague's claim over.
        reason: Option<ReasonCode>,
    },
    Release {
        request: RequestId,
        /// Gives a colleague's claim back.
        reason: Option<ReasonCode>,
    },
    /// More time for the run of a clock that is open.
    Extend {
        request: RequestId,
        clock: ClockName,
        by: Target,
        reason: ReasonCode,
    },
    /// Asked by nobody but the timers.
    Raise { request: RequestId, rung: RungId },
    /// The person opens the text; nothing is recorded where nothing follows from it. The reading is
    /// written down before.
    Opening { request: RequestId, on: OpenedOn },
}

#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Receipt {
    pub request_id: RequestId,
    pub reference: String,
    pub position: Position,
    pub version: i32,
    pub recorded_at: Timestamp,
    pub duplicate: bool,
}

#[derive(Debug, Clone, thiserror::Error)]
pub enum CommandError {
    #[error(transparent)]
    Refused(#[from] Refusal),
    #[error("the data of `{move_name}` is not what the workflow asks for")]
    Data {
        move_name: MoveName,
        /// Which of the command's moves, from 0.
        index: usize,
        errors: Vec<DataError>,
    },
    #[error("the request has moved on: version {actual}, not {expected}")]
    Stale { expected: i32, actual: i32 },
    #[error("If-Match with the version that you have seen is required")]
    VersionRequired { actual: i32 },
    #[error("this key was used for another command")]
    KeyReused,
    #[error("there is no workflow `{found}`")]
    UnknownWorkflow {
        found: WorkflowName,
        allowed: Vec<WorkflowName>,
    },
    /// Nothing was appended; try again after `retry_after_ms`.
    #[error("the event log cannot be reached; nothing was recorded")]
    Unavailable { retry_after_ms: u64 },
    #[error("the outcome is unknown; send the same command with the same key again")]
    Unknown { retry_after_ms: u64 },
    /// A defect or a tampered log; logged with its cause, shown without.
    #[error("the request cannot be processed")]
    Broken { why: String },
}

impl CommandError {
    /// The command was judged: the same again will not be accepted as it is.
    #[must_use]
    pub fn is_refusal(&self) -> bool {
        match self {
            Self::Refused(_)
            | Self::Data { .. }
            | Self::Stale { .. }
            | Self::VersionRequired { .. }
            | Self::KeyReused
            | Self::UnknownWorkflow { .. } => true,
            Self::Unavailable { .. } | Self::Unknown { .. } | Self::Broken { .. } => false,
        }
    }
}

impl From<Unfit> for CommandError {
    fn from(unfit: Unfit) -> Self {
        match unfit {
            Unfit::Refused(refusal) => Self::Refused(refusal),
            Unfit::Data {
                move_name,
                index,
                errors,
            } => Self::Data {
                move_name,
                index,
                errors,
            },
            Unfit::Broken { why } => Self::Broken { why },
        }
    }
}

fn unavailable(error: AppendError) -> CommandError {
    match error {
        AppendError::QueueFull { retry_after_ms, .. } => {
            CommandError::Unavailable { retry_after_ms }
        }
        AppendError::Unavailable => CommandError::Unavailable {
            retry_after_ms: RETRY_AFTER_MS,
        },
        AppendError::Unknown => CommandError::Unknown {
            retry_after_ms: RETRY_AFTER_MS,
        },
        // One in many millions: nothing was kept, and the next try draws another reference.
        AppendError::Taken => CommandError::Unavailable { retry_after_ms: 1 },
        AppendError::TooLarge { .. } | AppendError::Refused { .. } => CommandError::Broken {
            why: error.to_string(),
        },
    }
}
