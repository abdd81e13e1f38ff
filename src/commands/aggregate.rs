//! The request as a cqrs-es aggregate over our own log, so that its framework and its test kit
//! run on the same rules and the same store as every other command.

use super::CommandError;
use super::execute::Commands;
use super::sealing::{KeySource, Sealing};
use super::unavailable;
use crate::domain::ids::{Authority, RequestId};
use crate::domain::request::codec;
use crate::domain::request::command::{Facts, RequestCommand};
use crate::domain::request::decide::{Pinned, decide};
use crate::domain::request::error::Refusal;
use crate::domain::request::event::RequestEvent;
use crate::domain::request::state::RequestState;
use crate::domain::workflow::schema::Workflow;
use crate::log::{Append, Provenance, Recorded, StreamKind, Verdict};
use cqrs_es::event_sink::EventSink;
use cqrs_es::{
    Aggregate, AggregateContext, AggregateError, DomainEvent, EventEnvelope, EventStore,
};
use jiff::Timestamp;
use std::collections::HashMap;
use std::sync::Arc;
use uuid::Uuid;

/// Everything that `decide` needs, since an aggregate has no services.
pub struct Decision {
    pub workflow: Arc<Workflow>,
    pub command: RequestCommand,
    pub facts: Facts,
}

impl DomainEvent for RequestEvent {
    fn event_type(&self) -> String {
        self.name().to_owned()
    }

    fn event_version(&self) -> String {
        codec::SCHEMA_VERSION.to_string()
    }
}

impl Aggregate for RequestState {
    const TYPE: &'static str = "request";
    type Command = Decision;
    type Event = RequestEvent;
    type Error = Refusal;
    type Services = ();

    async fn handle(
        &mut self,
        decision: Decision,
        (): &(),
        sink: &EventSink<Self>,
    ) -> Result<(), Refusal> {
        let workflow = &decision.workflow;
        let pinned = Pinned {
            definition: &workflow.definition,
            hash: workflow.hash,
        };
        for event in decide(self, pinned, decision.command, &decision.facts)? {
            sink.write(event, self).await;
        }
        Ok(())
    }

    fn apply(&mut self, event: RequestEvent) {
        self.evolve(&event);
    }
}

/// The log as cqrs-es sees it. `commit` takes `command_id` and `actor` from the metadata.
pub struct RequestStore {
    commands: Commands,
    authority: Authority,
}

/// A request between load and commit.
pub struct LoadedRequest {
    request: RequestId,
    /// Before the command; `handle` moves the state on.
    version: i32,
    state: RequestState,
}

impl AggregateContext<RequestState> for LoadedRequest {
    fn aggregate(&mut self) -> &mut RequestState {
        &mut self.state
    }
}

type StoreError = AggregateError<Refusal>;

impl RequestStore {
    #[must_use]
    pub fn new(commands: Commands, authority: Authority) -> Self {
        Self {
            commands,
            authority,
        }
    }

    async fn append(
        &self,
        events: &[RequestEvent],
        context: &LoadedRequest,
        metadata: &HashMap<String, String>,
    ) -> Result<(), StoreError> {
        let Some(present) = context.state.find() else {
            return Err(StoreError::UserError(Refusal::NotFound));
        };
        let declared = self.commands.registry().of(self.authority.as_str());
        let workflow = declared
            .find_workflow(&present.opening.definition)
            .ok_or_else(|| unexpected("the definition is not known"))?;
        let command_id = metadata
            .get("command_id")
            .and_then(|id| Uuid::parse_str(id).ok())
            .ok_or_else(|| unexpected("metadata `command_id`: a UUID is required"))?;
        let actor = metadata
            .get("actor")
            .cloned()
            .ok_or_else(|| unexpected("metadata `actor`: a principal is required"))?;
        let occurred_at = metadata
            .get("occurred_at")
            .and_then(|at| at.parse::<Timestamp>().ok())
            .ok_or_else(|| unexpected("metadata `occurred_at`: an RFC 3339 time is required"))?;
        let sealing = Sealing {
            authority: self.authority.as_str(),
            request: context.request.0,
            child: present.opening.child,
            state: &present.state,
            version: context.version,
            opens: context.version == 0,
            occurred_at,
            definition: &workflow.definition,
            keys: KeySource::Kept,
        };
        let vault = self.commands.vault();
        let new = sealing
            .seal(vault, events.to_vec(), &[])
            .await
            .map_err(store_error)?;
        let bodies: Vec<&[u8]> = new.events.iter().map(|event| &event.body[..]).collect();
        let fingerprint = vault.fingerprint(self.authority.as_str(), &bodies.join(&b'\n'));
        let append = Append {
            authority: self.authority.to_string(),
            stream: context.request.0,
            stream_kind: StreamKind::Request,
            expected_version: context.version,
            command_id,
            fingerprint,
            actor,
            on_behalf_of: None,
            correlation: command_id,
            causation: None,
            definition: Some(workflow.hash.0),
            provenance: Provenance::Live,
            events: new.events,
            keys: new.keys,
        };
        match self.commands.registry().log().append(append).await {
            Ok(Verdict::Appended(_) | Verdict::Duplicate(_)) => Ok(()),
            Ok(Verdict::Conflict { .. } | Verdict::Reused) => Err(StoreError::AggregateConflict),
            Err(error) => Err(store_error(unavailable(error))),
        }
    }
}

impl EventStore<RequestState> for RequestStore {
    type AC = LoadedRequest;

    async fn load_events(
        &self,
        aggregate_id: &str,
    ) -> Result<Vec<EventEnvelope<RequestState>>, StoreError> {
        let request = parse_id(aggregate_id)?;
        let loaded = self
            .commands
            .load(self.authority.as_str(), request)
            .await
            .map_err(store_error)?;
        Ok(loaded
            .events
            .into_iter()
            .map(|(recorded, event)| envelope(&recorded, event))
            .collect())
    }

    async fn load_aggregate(&self, aggregate_id: &str) -> Result<LoadedRequest, StoreError> {
        let request = parse_id(aggregate_id)?;
        let loaded = self
            .commands
            .load(self.authority.as_str(), request)
            .await
            .map_err(store_error)?;
        Ok(LoadedRequest {
            request,
            version: loaded.state.version(),
            state: loaded.state,
        })
    }

    async fn commit(
        &self,
        events: Vec<RequestEvent>,
        context: LoadedRequest,
        metadata: HashMap<String, String>,
    ) -> Result<Vec<EventEnvelope<RequestState>>, StoreError> {
        if !events.is_empty() {
            self.append(&events, &context, &metadata).await?;
        }
        let first = usize::try_from(context.version).unwrap_or(0) + 1;
        Ok(events
            .into_iter()
            .zip(first..)
            .map(|(payload, sequence)| EventEnvelope {
                aggregate_id: context.request.to_string(),
                sequence,
                payload,
                metadata: metadata.clone(),
            })
            .collect())
    }
}

fn envelope(recorded: &Recorded, payload: RequestEvent) -> EventEnvelope<RequestState> {
    let metadata = [
        ("command_id", recorded.command_id.to_string()),
        ("actor", recorded.actor.clone()),
        ("occurred_at", recorded.occurred_at.to_string()),
        ("position", recorded.position.to_string()),
    ];
    EventEnvelope {
        aggregate_id: recorded.stream.to_string(),
        sequence: usize::try_from(recorded.version).unwrap_or(0),
        payload,
        metadata: metadata
            .into_iter()
            .map(|(key, value)| (key.to_owned(), value))
            .collect(),
    }
}

fn parse_id(text: &str) -> Result<RequestId, StoreError> {
    Uuid::parse_str(text)
        .map(RequestId)
        .map_err(|_| unexpected("a request id is a UUID"))
}

fn unexpected(what: &'static str) -> StoreError {
    StoreError::UnexpectedError(what.into())
}

fn store_error(error: CommandError) -> StoreError {
    match error {
        CommandError::Refused(refusal) => StoreError::UserError(refusal),
        other @ CommandError::Unavailable { .. } => {
            StoreError::DatabaseConnectionError(Box::new(other))
        }
        other @ (CommandError::Data { .. }
        | CommandError::Stale { .. }
        | CommandError::VersionRequired { .. }
        | CommandError::KeyReused
        | CommandError::UnknownWorkflow { .. }
        | CommandError::Unknown { .. }
        | CommandError::Broken { .. }) => StoreError::UnexpectedError(Box::new(other)),
    }
}
