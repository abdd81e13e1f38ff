//! Records as such: held by law, or destroyed for ever.
//!
//! Invariant: a destruction is in the log before it is in the journal, and in the journal before a
//! key goes, so that whatever is cut off or restored can be finished. A hold wins over it. It is
//! called done when no replica can have a key in memory any more.

mod destruction;
mod journal;
mod replay;
mod state;

pub use destruction::{Destruction, Scope};
pub use journal::{Journal, JournalError};
pub use replay::Replayed;
pub use state::{Hold, RecordState};

use super::CommandError;
use super::execute::Commands;
use super::publish::stream_of;
use super::sealing::failure;
use super::unavailable;
use crate::domain::ids::{Authority, PrincipalId, ReasonCode, RequestId};
use crate::log::note::{NoteError, Signer};
use crate::log::{Append, Audience, NewEvent, Provenance, StreamKind, Verdict};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use uuid::Uuid;

pub(super) const HOLD_PLACED: &str = "hold-placed";
pub(super) const HOLD_LIFTED: &str = "hold-lifted";
pub(super) const RECORD_DESTROYED: &str = "record-destroyed";
pub(super) const DESTRUCTION_COMPLETED: &str = "destruction-completed";

/// Whose record is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Whose {
    Child(Uuid),
    Request(RequestId),
}

/// Who decides, why and when.
#[derive(Debug, Clone)]
pub struct Decision {
    pub by: PrincipalId,
    pub reason: ReasonCode,
    pub at: Timestamp,
}

#[derive(Debug, thiserror::Error)]
pub enum RecordError {
    #[error("no request or child of that id is known here")]
    NotFound,
    #[error("the record is held since {at} ({reason}): lift the hold first")]
    Held { reason: ReasonCode, at: Timestamp },
    #[error("the record is not held")]
    NotHeld,
    #[error("{by} holds no role here")]
    UnknownPerson { by: PrincipalId },
    #[error("somebody else decided about this record at the same moment; look at it again")]
    Raced,
    #[error("the destruction is not done before {done_at}: until then a key may be in memory")]
    TooEarly { done_at: Timestamp },
    #[error(transparent)]
    Journal(#[from] JournalError),
    #[error("position {position}: {source}")]
    Note { position: i64, source: NoteError },
    #[error(transparent)]
    Command(#[from] CommandError),
}

/// A child's record: its requests and what was decided about it.
#[derive(Debug, Clone)]
pub struct Record {
    pub child: Uuid,
    /// Those that can still be found.
    pub requests: BTreeSet<RequestId>,
    pub state: RecordState,
}

/// A destruction, carried out.
#[derive(Debug, Clone)]
pub struct Destroyed {
    pub destruction: Destruction,
    /// From then on no replica has a key in memory.
    pub done_at: Timestamp,
}

/// A cheap handle.
#[derive(Clone)]
pub struct Records {
    commands: Commands,
    signer: Signer,
    journal: Journal,
}

impl Records {
    #[must_use]
    pub fn new(commands: Commands, signer: Signer, journal: Journal) -> Self {
        Self {
            commands,
            signer,
            journal,
        }
    }

    /// # Errors
    /// When there is no such record, or log or vault are out of reach.
    pub async fn find(&self, authority: &Authority, whose: Whose) -> Result<Record, RecordError> {
        let child = match whose {
            Whose::Child(child) => child,
            Whose::Request(request) => {
                let loaded = self.commands.load(authority.as_str(), request).await?;
                let found = loaded.state.find().ok_or(RecordError::NotFound)?;
                found.opening.child
            }
        };
        let vault = self.commands.vault();
        let indexed = vault
            .find_requests(authority.as_str(), child)
            .await
            .map_err(failure)?;
        let mut requests: BTreeSet<RequestId> = indexed.into_iter().map(RequestId).collect();
        let stream = stream_of(authority, StreamKind::Record, &child.to_string());
        let events = self
            .commands
            .log()
            .read_stream(authority.as_str(), stream, 0);
        let state = RecordState::fold(&events.await.map_err(unavailable)?, &self.signer.public())?;
        if let Whose::Request(request) = whose
            && !state.has_destroyed(request)
        {
            requests.insert(request);
        }
        if requests.is_empty() && state.version == 0 {
            return Err(RecordError::NotFound);
        }
        Ok(Record {
            child,
            requests,
            state,
        })
    }

    /// Nothing of the record is destroyed until the hold is lifted. Says whether it is new.
    ///
    /// # Errors
    /// As `find`; `Raced` when the record changed meanwhile.
    pub async fn hold(
        &self,
        authority: &Authority,
        whose: Whose,
        decision: &Decision,
    ) -> Result<bool, RecordError> {
        self.check(authority, decision)?;
        let record = self.find(authority, whose).await?;
        if record.state.hold.is_some() {
            return Ok(false);
        }
        let body = json!({ "child": record.child, "reason": decision.reason });
        self.append(authority, &record, decision, (HOLD_PLACED, body))
            .await?;
        Ok(true)
    }

    /// # Errors
    /// `NotHeld`; else as `hold`.
    pub async fn lift(
        &self,
        authority: &Authority,
        whose: Whose,
        decision: &Decision,
    ) -> Result<(), RecordError> {
        self.check(authority, decision)?;
        let record = self.find(authority, whose).await?;
        if record.state.hold.is_none() {
            return Err(RecordError::NotHeld);
        }
        let body = json!({ "child": record.child, "reason": decision.reason });
        self.append(authority, &record, decision, (HOLD_LIFTED, body))
            .await
    }

    /// A request's record, or all of a child's. A child whose last request goes, goes with it. What
    /// was destroyed before is finished where it was cut off.
    ///
    /// # Errors
    /// `Held`; else as `hold`.
    pub async fn destroy(
        &self,
        authority: &Authority,
        whose: Whose,
        decision: &Decision,
    ) -> Result<Destroyed, RecordError> {
        self.check(authority, decision)?;
        let record = self.find(authority, whose).await?;
        if let Some(before) = record.state.find_destruction(whose) {
            return self.carry_out(before.clone()).await;
        }
        if let Some(hold) = &record.state.hold {
            let Hold { reason, at, .. } = hold.clone();
            return Err(RecordError::Held { reason, at });
        }
        let (scope, requests) = match whose {
            Whose::Request(request) if record.requests.len() > 1 => {
                (Scope::Request, BTreeSet::from([request]))
            }
            Whose::Request(_) | Whose::Child(_) => (Scope::Child, record.requests.clone()),
        };
        let destruction = Destruction {
            id: Uuid::now_v7(),
            epoch: self.commands.log().epoch(),
            authority: authority.clone(),
            child: record.child,
            scope,
            requests,
            reason: decision.reason.clone(),
            by: decision.by.clone(),
            at: decision.at,
        };
        let note = self.signer.sign(&destruction.text(self.signer.name()));
        let event = (RECORD_DESTROYED, json!({ "note": note }));
        self.append(authority, &record, decision, event).await?;
        self.carry_out(destruction).await
    }

    /// Journal, then keys: what the journal has, a restore destroys again.
    async fn carry_out(&self, destruction: Destruction) -> Result<Destroyed, RecordError> {
        self.journal.keep(&destruction, &self.signer)?;
        let (children, requests) = destruction.subjects();
        let gone_at = self
            .commands
            .vault()
            .destroy(destruction.authority.as_str(), &children, &requests)
            .await
            .map_err(failure)?
            .unwrap_or(destruction.at);
        for request in &destruction.requests {
            self.commands
                .cache
                .forget(destruction.authority.as_str(), *request);
        }
        let ttl = SignedDuration::try_from(self.commands.vault().key_ttl());
        let done_at = gone_at
            .checked_add(ttl.unwrap_or(SignedDuration::MAX))
            .unwrap_or(Timestamp::MAX);
        Ok(Destroyed {
            destruction,
            done_at,
        })
    }

    /// Says in the log that it is done.
    ///
    /// # Errors
    /// `TooEarly` while a replica may still have a key in memory.
    pub async fn complete(&self, destroyed: &Destroyed, now: Timestamp) -> Result<(), RecordError> {
        let Destroyed {
            destruction,
            done_at,
        } = destroyed;
        if now < *done_at {
            return Err(RecordError::TooEarly { done_at: *done_at });
        }
        let authority = &destruction.authority;
        let record = self
            .find(authority, Whose::Child(destruction.child))
            .await?;
        if record.state.completed.contains(&destruction.id) {
            return Ok(());
        }
        let decision = Decision {
            by: destruction.by.clone(),
            reason: destruction.reason.clone(),
            at: now,
        };
        let body = json!({ "destruction": destruction.id });
        self.append(authority, &record, &decision, (DESTRUCTION_COMPLETED, body))
            .await
    }

    /// Who decides must hold a role.
    fn check(&self, authority: &Authority, decision: &Decision) -> Result<(), RecordError> {
        let declared = self.commands.registry().of(authority.as_str());
        match declared.find_principal(&decision.by) {
            Some(_) => Ok(()),
            None => Err(RecordError::UnknownPerson {
                by: decision.by.clone(),
            }),
        }
    }

    async fn append(
        &self,
        authority: &Authority,
        record: &Record,
        decision: &Decision,
        (event_type, body): (&str, Value),
    ) -> Result<(), RecordError> {
        let stream = stream_of(authority, StreamKind::Record, &record.child.to_string());
        let command_id = Uuid::now_v7();
        let append = Append {
            authority: authority.to_string(),
            stream,
            stream_kind: StreamKind::Record,
            expected_version: record.state.version,
            command_id,
            fingerprint: *command_id.as_bytes(),
            actor: decision.by.to_string(),
            on_behalf_of: None,
            correlation: command_id,
            causation: None,
            definition: None,
            provenance: Provenance::Live,
            events: vec![NewEvent {
                event_type: event_type.to_owned(),
                schema_version: 1,
                occurred_at: decision.at,
                audience: Audience::Restricted,
                body: body.to_string().into_bytes(),
                sealed: Vec::new(),
            }],
            keys: None,
        };
        match self
            .commands
            .log()
            .append(append)
            .await
            .map_err(unavailable)?
        {
            Verdict::Appended(_) | Verdict::Duplicate(_) => Ok(()),
            Verdict::Conflict { .. } | Verdict::Reused => Err(RecordError::Raced),
        }
    }
}
