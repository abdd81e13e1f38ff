//! Rows of a read table as they stood at a position: folded again from the events that were there.

use super::page::{Decoded, Known as Declarations};
use super::{Projection, QueryError};
use crate::domain::declared::Declared;
use crate::domain::request::codec;
use crate::log::{AppendError, Log, Position};
use std::collections::BTreeMap;
use std::sync::Arc;
use uuid::Uuid;

/// What was in force for an authority at a position.
///
/// # Errors
/// When the log is out of reach, or a declaration cannot be read.
pub async fn declared_at(
    log: &Log,
    authority: &str,
    position: Position,
) -> Result<Declared, QueryError> {
    let mut declarations = Declarations::default();
    for event in log.read_declared(Position(0)).await.map_err(unread)? {
        if event.position <= position {
            let taken = declarations.take(&event);
            taken.map_err(|error| QueryError::Calendar(error.to_string()))?;
        }
    }
    Ok(declarations.find(authority).cloned().unwrap_or_default())
}

/// Requests folded at once.
const REQUESTS_MAX: usize = 1_000;

/// # Errors
/// When the log is out of reach.
pub(super) async fn folded<P: Projection>(
    log: &Log,
    authority: &str,
    requests: &[Uuid],
    (position, declared): (Position, &Declared),
) -> Result<Vec<P::Row>, QueryError> {
    let mut all = Vec::new();
    for requests in requests.chunks(REQUESTS_MAX) {
        let events = log
            .read_streams(authority, requests, position)
            .await
            .map_err(unread)?;
        let mut rows: BTreeMap<Uuid, Vec<P::Row>> = BTreeMap::new();
        for recorded in events {
            let event = codec::decode(
                &recorded.event_type,
                recorded.schema_version,
                &recorded.body,
            );
            let Ok(event) = event else {
                // Parked for the table, too.
                continue;
            };
            let rows = rows.entry(recorded.stream).or_default();
            let decoded = Decoded {
                recorded: Arc::new(recorded),
                event,
            };
            P::fold(rows, &decoded, declared).map_err(QueryError::Calendar)?;
        }
        all.extend(rows.into_values().flatten());
    }
    Ok(all)
}

pub(super) fn unread(error: AppendError) -> QueryError {
    tracing::warn!(%error, "the log cannot be read");
    QueryError::Unavailable
}
