//! A request read from the log and folded, with the definition that it is pinned to; or as it was a
//! moment ago.

use super::execute::{Attempt, Commands};
use super::{Ask, Command, CommandError, unavailable};
use crate::domain::declared::Declared;
use crate::domain::ids::RequestId;
use crate::domain::request::error::Refusal;
use crate::domain::request::event::RequestEvent;
use crate::domain::request::state::RequestState;
use crate::domain::request::{asking, codec};
use crate::domain::workflow::schema::Workflow;
use crate::log::{Append, Position, Receipt, Recorded, StreamKind};
use jiff::Timestamp;
use serde_json::Map;
use std::sync::Arc;
use uuid::Uuid;

/// A request as its log says, with the definition that it is pinned to.
#[derive(Clone)]
pub struct Loaded {
    pub state: RequestState,
    pub workflow: Option<Arc<Workflow>>,
    pub events: Vec<(Recorded, RequestEvent)>,
}

/// What a decision may rest on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Trust {
    Cache,
    Log,
}

/// What a command is about.
pub(super) struct Subject {
    pub(super) request: RequestId,
    pub(super) loaded: Arc<Loaded>,
    /// It may have moved on.
    pub(super) is_cached: bool,
}

impl Commands {
    pub(super) async fn subject(
        &self,
        command: &Command,
        declared: &Declared,
        now: Timestamp,
        trust: Trust,
    ) -> Result<Subject, Attempt> {
        match &command.ask {
            Ask::Open { workflow, moves } => {
                if declared.newest_workflow(workflow).is_none() {
                    return Err(CommandError::UnknownWorkflow {
                        found: workflow.clone(),
                        allowed: declared.workflow_names().cloned().collect(),
                    }
                    .into());
                }
                let nothing = Map::new();
                let data = moves.first().and_then(|asked| asked.data.as_object());
                let on = asking::civil_date(command.occurred_at.unwrap_or(now));
                let found = declared.opening_workflow(workflow, data.unwrap_or(&nothing), on)?;
                Ok(Subject {
                    request: RequestId(Uuid::now_v7()),
                    loaded: Arc::new(Loaded {
                        state: RequestState::Absent,
                        workflow: Some(Arc::clone(found)),
                        events: Vec::new(),
                    }),
                    is_cached: false,
                })
            }
            Ask::Moves { request, .. }
            | Ask::Claim { request, .. }
            | Ask::Release { request, .. }
            | Ask::Extend { request, .. }
            | Ask::Raise { request, .. }
            | Ask::Opening { request, .. } => {
                let authority = command.authority.as_str();
                Ok(self.recent(authority, *request, trust).await?)
            }
        }
    }

    /// As it was a moment ago, or with what the log has beyond that.
    async fn recent(
        &self,
        authority: &str,
        request: RequestId,
        trust: Trust,
    ) -> Result<Subject, CommandError> {
        let cached = self.cache.find(authority, request);
        let from = if cached.is_some() { "cache" } else { "log" };
        metrics::counter!("rfa_requests_loaded_total", "from" => from).increment(1);
        let subject = |loaded, is_cached| Subject {
            request,
            loaded,
            is_cached,
        };
        let loaded = match (cached, trust) {
            (Some(cached), Trust::Cache) => return Ok(subject(cached, true)),
            (Some(cached), Trust::Log) => {
                let known = cached.state.version();
                let later = self.read(authority, request, known).await?;
                if later.is_empty() {
                    return Ok(subject(cached, false));
                }
                cached.followed_by(later)
            }
            (None, _) => self.load(authority, request).await?.bare(),
        };
        let loaded = Arc::new(loaded);
        if loaded.state.find().is_some() {
            self.cache.keep(authority, request, &loaded);
        }
        Ok(subject(loaded, false))
    }

    /// What this command appended, as the next one would read it.
    pub(super) fn remember(&self, subject: &Subject, appended: Appended, receipt: Receipt) {
        let authority = appended.authority.clone();
        match appended.decode(receipt) {
            Ok(later) => {
                let loaded = Arc::new(subject.loaded.followed_by(later));
                self.cache.keep(&authority, subject.request, &loaded);
            }
            Err(error) => {
                tracing::error!(%error, "what was appended cannot be read");
                self.cache.forget(&authority, subject.request);
            }
        }
    }

    /// A request folded from the log.
    ///
    /// # Errors
    /// When the log is out of reach or holds what this build cannot read.
    pub async fn load(&self, authority: &str, request: RequestId) -> Result<Loaded, CommandError> {
        let events = self.read(authority, request, 0).await?;
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

    async fn read(
        &self,
        authority: &str,
        request: RequestId,
        after_version: i32,
    ) -> Result<Vec<(Recorded, RequestEvent)>, CommandError> {
        let recorded = self.log().read_stream(authority, request.0, after_version);
        let recorded = recorded.await.map_err(unavailable)?;
        recorded.into_iter().map(decode).collect()
    }
}

pub(super) fn decode(recorded: Recorded) -> Result<(Recorded, RequestEvent), CommandError> {
    recorded.check().map_err(|error| CommandError::Broken {
        why: error.to_string(),
    })?;
    if recorded.stream_kind != StreamKind::Request {
        return Err(Refusal::NotFound.into());
    }
    let (name, version) = (&recorded.event_type, recorded.schema_version);
    let event = codec::decode(name, version, &recorded.body);
    let event = event.map_err(|error| CommandError::Broken {
        why: error.to_string(),
    })?;
    Ok((recorded, event))
}

/// Events on their way into the log, without their sealed parts. They are read from the bodies as the
/// log has them, so that nothing stays in memory that a reader of the log would not see.
pub(super) struct Appended {
    pub(super) authority: String,
    events: Vec<Recorded>,
}

impl Appended {
    pub(super) fn of(append: &Append) -> Self {
        let authority: Arc<str> = append.authority.as_str().into();
        let events = append
            .events
            .iter()
            .zip(0..)
            .map(|(event, ordinal)| Recorded {
                position: Position(0),
                authority: Arc::clone(&authority),
                stream: append.stream,
                stream_kind: append.stream_kind,
                version: append.expected_version + 1 + i32::from(ordinal),
                event_type: event.event_type.clone(),
                schema_version: event.schema_version,
                occurred_at: event.occurred_at,
                recorded_at: Timestamp::UNIX_EPOCH,
                actor: append.actor.clone(),
                on_behalf_of: append.on_behalf_of.clone(),
                command_id: append.command_id,
                command_ordinal: ordinal,
                correlation: append.correlation,
                causation: append.causation,
                definition: append.definition,
                audience: event.audience,
                provenance: append.provenance,
                body: event.body.clone(),
                sealed: Vec::new(),
                unreadable: None,
            });
        Self {
            authority: append.authority.clone(),
            events: events.collect(),
        }
    }

    /// With the places that the log gave them.
    fn decode(self, receipt: Receipt) -> Result<Vec<(Recorded, RequestEvent)>, CommandError> {
        let placed = self.events.into_iter().map(|event| Recorded {
            position: Position(receipt.position.0 - i64::from(receipt.version - event.version)),
            recorded_at: receipt.recorded_at,
            ..event
        });
        placed.map(decode).collect()
    }
}
