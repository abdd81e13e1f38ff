//! A request read from the log and folded, with the definition that it is pinned to.

use super::CommandError;
use super::execute::Commands;
use super::unavailable;
use crate::domain::ids::RequestId;
use crate::domain::request::codec;
use crate::domain::request::error::Refusal;
use crate::domain::request::event::RequestEvent;
use crate::domain::request::state::RequestState;
use crate::domain::workflow::schema::Workflow;
use crate::log::{Recorded, StreamKind};
use std::sync::Arc;

/// A request as its log says, with the definition that it is pinned to.
pub struct Loaded {
    pub state: RequestState,
    pub workflow: Option<Arc<Workflow>>,
    pub events: Vec<(Recorded, RequestEvent)>,
}

impl Commands {
    /// A request folded from the log.
    ///
    /// # Errors
    /// When the log is out of reach or holds what this build cannot read.
    pub async fn load(&self, authority: &str, request: RequestId) -> Result<Loaded, CommandError> {
        let recorded = self
            .log()
            .read_stream(authority, request.0, 0)
            .await
            .map_err(unavailable)?;
        let mut events = Vec::with_capacity(recorded.len());
        for one in recorded {
            one.check().map_err(|error| CommandError::Broken {
                why: error.to_string(),
            })?;
            if one.stream_kind != StreamKind::Request {
                return Err(Refusal::NotFound.into());
            }
            let event =
                codec::decode(&one.event_type, one.schema_version, &one.body).map_err(|error| {
                    CommandError::Broken {
                        why: error.to_string(),
                    }
                })?;
            events.push((one, event));
        }
        let state = RequestState::fold(events.iter().map(|(_, event)| event));
        let workflow = match state.find() {
            None => None,
            Some(request) => Some(
                self.registry()
                    .of(authority)
                    .find_workflow(&request.opening.definition)
                    .cloned()
                    .ok_or_else(|| CommandError::Broken {
                        why: format!("definition {} is not known", request.opening.definition),
                    })?,
            ),
        };
        Ok(Loaded {
            state,
            workflow,
            events,
        })
    }
}
