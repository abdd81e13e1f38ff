//! Stored bytes to events and back. An unknown version is an error, never skipped; an earlier one
//! is brought up to the present one first.

use super::event::RequestEvent;
use super::upcast::{STEPS, Step, upcast};
use serde_json::Value;

/// Of every event type that this build writes.
pub const SCHEMA_VERSION: i16 = version_after(STEPS);

const fn version_after(steps: &[Step]) -> i16 {
    let mut version = 1;
    let mut taken = 0;
    while taken < steps.len() {
        version += 1;
        taken += 1;
    }
    version
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CodecError {
    #[error("`{event_type}` has schema version {found}; this build reads 1 to {limit}")]
    UnknownVersion {
        event_type: String,
        found: i16,
        limit: i16,
    },
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
    decode_by(STEPS, event_type, schema_version, body)
}

fn decode_by(
    steps: &[Step],
    event_type: &str,
    schema_version: i16,
    body: &[u8],
) -> Result<RequestEvent, CodecError> {
    let limit = version_after(steps);
    let from = match usize::try_from(schema_version) {
        Ok(from) if (1..=limit).contains(&schema_version) => from,
        Ok(_) | Err(_) => {
            return Err(CodecError::UnknownVersion {
                event_type: event_type.to_owned(),
                found: schema_version,
                limit,
            });
        }
    };
    let unreadable = |why: String| CodecError::Unreadable {
        event_type: event_type.to_owned(),
        why,
    };
    let event: RequestEvent = if schema_version == limit {
        serde_json::from_slice(body).map_err(|error| unreadable(place(&error)))?
    } else {
        let earlier: Value =
            serde_json::from_slice(body).map_err(|error| unreadable(place(&error)))?;
        let present = upcast(steps, event_type, from, earlier).map_err(|why| {
            unreadable(format!("brought up from version {schema_version}: {why}"))
        })?;
        serde_json::from_value(present).map_err(|error| unreadable(place(&error)))?
    };
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

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    /// Version 2 called the worker `by`, version 3 says which team.
    const INVENTED: [Step; 2] = [
        |_, mut body| {
            let fields = body.as_object_mut().ok_or("no object")?;
            let who = fields.remove("who").ok_or("nobody claimed")?;
            fields.insert("by".to_owned(), who);
            Ok(body)
        },
        |event_type, mut body| {
            if event_type == "claimed" {
                body["team"] = json!("shed");
            }
            Ok(body)
        },
    ];

    fn read(version: i16, body: Value) -> Result<RequestEvent, CodecError> {
        decode_by(&INVENTED, "claimed", version, body.to_string().as_bytes())
    }

    #[test]
    fn every_earlier_version_is_read_as_the_present_one() {
        let present = read(
            3,
            json!({ "kind": "claimed", "by": "n.ross", "team": "shed" }),
        );
        assert!(present.is_ok(), "{present:?}");
        let second = read(2, json!({ "kind": "claimed", "by": "n.ross" }));
        let first = read(1, json!({ "kind": "claimed", "who": "n.ross" }));
        assert_eq!((&first, &second), (&present, &present));
    }

    #[test]
    fn a_version_that_nobody_knows_and_a_body_of_another_are_errors() {
        let body = json!({ "kind": "claimed", "by": "n.ross", "team": "shed" });
        for version in [-1, 0, 4, i16::MAX] {
            assert!(matches!(
                read(version, body.clone()),
                Err(CodecError::UnknownVersion { limit: 3, found, .. }) if found == version
            ));
        }
        let error = read(1, body).unwrap_err().to_string();
        assert!(error.contains("from version 1: nobody claimed"), "{error}");
    }
}
