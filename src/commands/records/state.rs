//! What was decided about a record: the fold of its own stream.

use super::destruction::Destruction;
use super::{
    DESTRUCTION_COMPLETED, HOLD_LIFTED, HOLD_PLACED, RECORD_DESTROYED, RecordError, Whose,
};
use crate::commands::CommandError;
use crate::domain::ids::{PrincipalId, ReasonCode, RequestId};
use crate::log::Recorded;
use crate::log::note::{NoteError, PublicKey};
use jiff::Timestamp;
use serde::Deserialize;
use std::collections::BTreeSet;
use uuid::Uuid;

/// Nothing may be destroyed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hold {
    pub reason: ReasonCode,
    pub by: PrincipalId,
    pub at: Timestamp,
}

#[derive(Debug, Clone, Default)]
pub struct RecordState {
    pub version: i32,
    pub hold: Option<Hold>,
    pub destroyed: Vec<Destruction>,
    /// Destructions of which no key is in any memory.
    pub completed: BTreeSet<Uuid>,
}

#[derive(Deserialize)]
struct Held {
    reason: ReasonCode,
}

#[derive(Deserialize)]
struct Signed {
    note: String,
}

#[derive(Deserialize)]
struct Completed {
    destruction: Uuid,
}

impl RecordState {
    pub(super) fn fold(events: &[Recorded], public: &PublicKey) -> Result<Self, RecordError> {
        let mut state = Self::default();
        for event in events {
            state.version = event.version;
            match event.event_type.as_str() {
                HOLD_PLACED => {
                    let Held { reason } = read(event)?;
                    state.hold = Some(Hold {
                        reason,
                        by: PrincipalId::parse(&event.actor).map_err(|_| unreadable(event))?,
                        at: event.occurred_at,
                    });
                }
                HOLD_LIFTED => state.hold = None,
                RECORD_DESTROYED => state.destroyed.extend(destruction_of(event, public)?),
                DESTRUCTION_COMPLETED => {
                    let Completed { destruction } = read(event)?;
                    state.completed.insert(destruction);
                }
                _ => return Err(unreadable(event)),
            }
        }
        Ok(state)
    }

    pub(super) fn has_destroyed(&self, request: RequestId) -> bool {
        self.destroyed
            .iter()
            .any(|one| one.requests.contains(&request))
    }

    /// The destruction that the same call would be, if it was made before.
    pub(super) fn find_destruction(&self, whose: Whose) -> Option<&Destruction> {
        self.destroyed.iter().find(|one| match whose {
            Whose::Child(_) => one.scope == super::Scope::Child,
            Whose::Request(request) => one.requests.contains(&request),
        })
    }
}

/// What the event says was destroyed, if it says so.
pub(super) fn destruction_of(
    event: &Recorded,
    public: &PublicKey,
) -> Result<Option<Destruction>, RecordError> {
    if event.event_type != RECORD_DESTROYED {
        return Ok(None);
    }
    let Signed { note } = read(event)?;
    let wrong = |source| RecordError::Note {
        position: event.position.0,
        source,
    };
    let text = public.open(&note).map_err(wrong)?;
    let why = "it tells of no destruction";
    Destruction::parse(public.name(), text)
        .map(Some)
        .ok_or_else(|| wrong(NoteError::Form { why }))
}

fn read<'a, T: Deserialize<'a>>(event: &'a Recorded) -> Result<T, RecordError> {
    serde_json::from_slice(&event.body).map_err(|_| unreadable(event))
}

fn unreadable(event: &Recorded) -> RecordError {
    CommandError::Broken {
        why: format!("position {} cannot be read by this build", event.position),
    }
    .into()
}
