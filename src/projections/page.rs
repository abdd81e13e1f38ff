//! A page of the log, decoded once, with what was declared up to each event.

use super::shards::Shards;
use crate::domain::declared::{CALENDAR_PUBLISHED, Declared, IMPORT_ENDED, ORGANISATION_PUBLISHED};
use crate::domain::request::codec;
use crate::domain::request::event::RequestEvent;
use crate::log::{Position, Recorded, StreamKind};
use std::collections::HashMap;
use std::sync::Arc;

#[derive(Debug, Clone)]
pub struct Decoded {
    pub recorded: Arc<Recorded>,
    pub event: RequestEvent,
}

/// One event of the log as a projection meets it.
pub enum Entry {
    Request(Box<Decoded>),
    Unreadable {
        recorded: Arc<Recorded>,
        why: String,
    },
    Declaration,
    /// What days and hours count, or whether anything falls due, may have changed.
    Calendars {
        authority: Arc<str>,
        position: Position,
    },
}

#[derive(Debug, thiserror::Error)]
pub enum PageError {
    /// A hole would mean a lost event: nobody reads past it.
    #[error("the log has no position {expected}; the next is {found}")]
    Gap { expected: Position, found: Position },
    #[error("position {position}: {why}")]
    Declaration { position: Position, why: String },
}

/// What has been declared so far, per authority. Declarations precede their use in the log.
#[derive(Default, Clone)]
pub struct Known(HashMap<Arc<str>, Declared>);

impl Known {
    #[must_use]
    pub fn find(&self, authority: &str) -> Option<&Declared> {
        self.0.get(authority)
    }

    /// # Errors
    /// When this build does not know the declaration.
    pub fn take(&mut self, recorded: &Recorded) -> Result<(), PageError> {
        // As what is in force for commands: left out, and told of there.
        if recorded.check().is_err() {
            return Ok(());
        }
        self.0
            .entry(Arc::clone(&recorded.authority))
            .or_default()
            .apply(recorded.position.0, &recorded.event_type, &recorded.body)
            .map_err(|error| PageError::Declaration {
                position: recorded.position,
                why: error.to_string(),
            })
    }
}

/// Whether folds may ask for it; they do not ask who holds which role.
pub(super) fn declares(event: &Recorded) -> bool {
    matches!(
        event.stream_kind,
        StreamKind::Workflow
            | StreamKind::Calendar
            | StreamKind::Organisation
            | StreamKind::History
    )
}

/// Leaves the beginning of a page that is all declarations, or has none: each acts on what comes
/// after it, however the log is cut into pages.
pub(super) fn cut(page: &mut Vec<Arc<Recorded>>) {
    if let Some(first) = page.first().map(|event| declares(event)) {
        let same = page.iter().take_while(|event| declares(event) == first);
        page.truncate(same.count());
    }
}

/// Checks that the page follows `after` without a hole, and decodes what is of these shards or of all.
///
/// # Errors
/// For a hole. What cannot be decoded is an entry of its own.
pub fn decode(
    after: Position,
    page: Vec<Arc<Recorded>>,
    shards: Shards,
) -> Result<Vec<Entry>, PageError> {
    let mut entries = Vec::with_capacity(page.len());
    for (recorded, expected) in page.into_iter().zip(after.0 + 1..) {
        if recorded.position.0 != expected {
            let expected = Position(expected);
            return Err(PageError::Gap {
                expected,
                found: recorded.position,
            });
        }
        if recorded.stream_kind != StreamKind::Request || shards.contain(recorded.stream) {
            entries.push(decode_one(recorded));
        }
    }
    Ok(entries)
}

/// Days and hours may count otherwise after it, or whether anything falls due.
pub(super) fn recounts(event: &Recorded) -> bool {
    matches!(
        event.event_type.as_str(),
        CALENDAR_PUBLISHED | ORGANISATION_PUBLISHED | IMPORT_ENDED
    )
}

pub(super) fn decode_one(recorded: Arc<Recorded>) -> Entry {
    if recorded.stream_kind != StreamKind::Request {
        if !recounts(&recorded) {
            return Entry::Declaration;
        }
        return Entry::Calendars {
            authority: Arc::clone(&recorded.authority),
            position: recorded.position,
        };
    }
    match read(&recorded) {
        Ok(event) => Entry::Request(Box::new(Decoded { recorded, event })),
        Err(why) => Entry::Unreadable { recorded, why },
    }
}

fn read(recorded: &Recorded) -> Result<RequestEvent, String> {
    recorded.check().map_err(|error| error.to_string())?;
    let (name, version) = (&recorded.event_type, recorded.schema_version);
    codec::decode(name, version, &recorded.body).map_err(|error| error.to_string())
}
