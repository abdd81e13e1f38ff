//! What people say of figures, into the log: narratives, typed-in values, tests of change, packs.

use super::CommandError;
use super::execute::Commands;
use super::publish::stream_of;
use super::unavailable;
use crate::domain::declared::FIGURE_NOTED;
use crate::domain::ids::{Authority, PrincipalId};
use crate::domain::measures::note::{Note, NoteRefusal, Says};
use crate::log::{Append, Audience, NewEvent, Position, Provenance, StreamKind, Verdict};
use jiff::Timestamp;
use sha2::{Digest, Sha256};
use uuid::Uuid;

/// All notes of an authority are one stream: that a month's pack was issued is then a fact of its
/// order, not of a race.
const STREAM: &str = "figure-notes";

#[derive(Debug, thiserror::Error)]
pub enum NoteError {
    #[error(transparent)]
    Refused(#[from] NoteRefusal),
    #[error("this authority has no measures")]
    NoMeasures,
    #[error("the key was used for something else")]
    KeyReused,
    #[error(transparent)]
    Failed(#[from] CommandError),
}

/// The same key with the same words is the same note; answers where it lies in the log.
///
/// # Errors
/// When it is refused, the key was used for other words, or the log is out of reach.
pub async fn write_note(
    commands: &Commands,
    authority: &Authority,
    (by, key): (&PrincipalId, &str),
    says: Says,
    now: Timestamp,
) -> Result<Position, NoteError> {
    let registry = commands.registry();
    let log = registry.log();
    let stream = stream_of(authority, StreamKind::Organisation, STREAM);
    let command_id = Uuid::new_v5(&stream, format!("{by}/{key}").as_bytes());
    let content = serde_json::to_vec(&says).map_err(|error| broken(&error))?;
    let digest = Sha256::digest(&content);
    let mut fingerprint = [0; 16];
    fingerprint.copy_from_slice(&digest[..16]);
    let known = log.find_command(authority.as_str(), command_id).await;
    if let Some(found) = known.map_err(unavailable)? {
        return if found.fingerprint == fingerprint {
            Ok(found.receipt.position)
        } else {
            Err(NoteError::KeyReused)
        };
    }
    let note = Note {
        by: by.clone(),
        at: now,
        says,
    };
    let body = serde_json::to_vec(&note).map_err(|error| broken(&error))?;
    loop {
        registry.refresh().await.map_err(|error| broken(&error))?;
        let written = log.read_stream(authority.as_str(), stream, 0).await;
        let written = written.map_err(unavailable)?;
        let declared = registry.of(authority.as_str());
        let measures = declared.measures().ok_or(NoteError::NoMeasures)?;
        note.check(measures, declared.notes())?;
        let append = Append {
            authority: authority.to_string(),
            stream,
            stream_kind: StreamKind::Organisation,
            expected_version: written.last().map_or(0, |event| event.version),
            command_id,
            fingerprint,
            actor: by.to_string(),
            on_behalf_of: None,
            correlation: command_id,
            causation: None,
            definition: None,
            provenance: Provenance::Live,
            events: vec![NewEvent {
                event_type: FIGURE_NOTED.to_owned(),
                schema_version: 1,
                occurred_at: now,
                audience: Audience::Ordinary,
                body: body.clone(),
                sealed: Vec::new(),
            }],
            keys: None,
        };
        match log.append(append).await.map_err(unavailable)? {
            Verdict::Appended(receipt) | Verdict::Duplicate(receipt) => {
                registry.refresh().await.map_err(|error| broken(&error))?;
                return Ok(receipt.position);
            }
            Verdict::Reused => return Err(NoteError::KeyReused),
            // Somebody wrote in between: look again whether it may still be written.
            Verdict::Conflict { .. } => {}
        }
    }
}

fn broken(error: &dyn std::fmt::Display) -> CommandError {
    CommandError::Broken {
        why: error.to_string(),
    }
}
