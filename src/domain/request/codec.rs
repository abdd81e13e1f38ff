//! Stored bytes to events and back. An unknown version is an error, never skipped.

use super::event::RequestEvent;

/// Of every event type that this build writes.
pub const SCHEMA_VERSION: i16 = 1;

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CodecError {
    #[error("`{event_type}` has schema version {found}; this build reads up to {SCHEMA_VERSION}")]
    UnknownVersion { event_type: String, found: i16 },
    #[error("`{event_type}` cannot be read: {why}")]
    Unreadable { event_type: String, why: String },
}

/// # Errors
/// When the version is newer than this build or the body is not the event that its type says.
pub fn decode(
    event_type: &str,
    schema_version: i16,
    body: &[u8],
) -> Result<RequestEvent, CodecError> {
    if schema_version != SCHEMA_VERSION {
        return Err(CodecError::UnknownVersion {
            event_type: event_type.to_owned(),
            found: schema_version,
        });
    }
    let unreadable = |why: String| CodecError::Unreadable {
        event_type: event_type.to_owned(),
        why,
    };
    let event: RequestEvent =
        serde_json::from_slice(body).map_err(|error| unreadable(place(&error)))?;
    if event.name() == event_type {
        Ok(event)
    } else {
        Err(unreadable("the body is of another event".to_owned()))
    }
}

/// Only where it went wrong: serde's own text may quote what it found.
fn place(error: &serde_json::Error) -> String {
    format!(
        "{:?} at line {}, column {}",
        error.classify(),
        error.line(),
        error.column()
    )
}

/// # Errors
/// When the event cannot be written as JSON; a defect.
pub fn encode(event: &RequestEvent) -> Result<Vec<u8>, CodecError> {
    serde_json::to_vec(event).map_err(|error| CodecError::Unreadable {
        event_type: event.name().to_owned(),
        why: place(&error),
    })
}
