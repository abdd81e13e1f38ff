//! Marks around an import: nothing that it brings falls due before the second.

use super::CommandError;
use super::execute::Commands;
use super::publish::stream_of;
use super::unavailable;
use crate::domain::declared::{IMPORT_ENDED, IMPORT_STARTED};
use crate::domain::ids::Authority;
use crate::log::{Append, Audience, NewEvent, Provenance, StreamKind, Verdict};
use jiff::Timestamp;
use serde_json::json;
use uuid::Uuid;

/// Which end of the import.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ImportMark {
    Started,
    Ended,
}

/// Once per file and mark: the same import again leaves no second one, and says `false`.
///
/// # Errors
/// When the log is out of reach.
pub async fn mark_import(
    commands: &Commands,
    authority: &Authority,
    source: &str,
    (import, mark): (Uuid, ImportMark),
    now: Timestamp,
) -> Result<bool, CommandError> {
    let log = commands.registry().log();
    let stream = stream_of(authority, StreamKind::History, source);
    let event_type = match mark {
        ImportMark::Started => IMPORT_STARTED,
        ImportMark::Ended => IMPORT_ENDED,
    };
    let command_id = Uuid::new_v5(&import, format!("{authority}/{event_type}").as_bytes());
    loop {
        let known = log
            .read_stream(authority.as_str(), stream, 0)
            .await
            .map_err(unavailable)?;
        let append = Append {
            authority: authority.to_string(),
            stream,
            stream_kind: StreamKind::History,
            expected_version: known.last().map_or(0, |event| event.version),
            command_id,
            fingerprint: *command_id.as_bytes(),
            actor: "rfa:import".to_owned(),
            on_behalf_of: None,
            correlation: import,
            causation: None,
            definition: None,
            provenance: Provenance::Imported,
            events: vec![NewEvent {
                event_type: event_type.to_owned(),
                schema_version: 1,
                occurred_at: now,
                audience: Audience::Ordinary,
                body: json!({ "source": source, "import": import })
                    .to_string()
                    .into_bytes(),
                sealed: Vec::new(),
            }],
            keys: None,
        };
        match log.append(append).await.map_err(unavailable)? {
            Verdict::Appended(_) => return Ok(true),
            Verdict::Duplicate(_) | Verdict::Reused => return Ok(false),
            // Another import of the same log marked in between.
            Verdict::Conflict { .. } => {}
        }
    }
}
