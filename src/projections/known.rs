//! Rows of a read table as they stood at a position: folded again from the events that were there.

use super::page::Known as Declarations;
use super::retold::{History, Retold};
use super::{Projection, QueryError};
use crate::domain::declared::Declared;
use crate::log::{AppendError, Log, Position};
use uuid::Uuid;

/// Requests folded at once.
const REQUESTS_MAX: usize = 1_000;

/// A position of the log as an authority saw it, with what was in force then and at each event before.
pub struct Past {
    pub position: Position,
    pub declared: Declared,
    authority: String,
    history: History,
}

impl Past {
    /// # Errors
    /// When the log is out of reach, or a declaration cannot be read.
    pub async fn at(log: &Log, authority: &str, position: Position) -> Result<Self, QueryError> {
        let mut events = log.read_declared(Position(0)).await.map_err(unread)?;
        events.retain(|event| event.position <= position);
        let mut declarations = Declarations::default();
        for event in &events {
            declarations.take(event).map_err(unknown)?;
        }
        Ok(Self {
            position,
            declared: declarations.find(authority).cloned().unwrap_or_default(),
            authority: authority.to_owned(),
            history: History::of(&events).map_err(unknown)?,
        })
    }

    /// What could not be folded then is as it was before, as in the table.
    ///
    /// # Errors
    /// When the log is out of reach.
    pub(super) async fn rows<P: Projection>(
        &self,
        log: &Log,
        requests: &[Uuid],
    ) -> Result<Vec<P::Row>, QueryError> {
        let moments = self.history.moments(&self.authority);
        let mut all = Vec::new();
        for requests in requests.chunks(REQUESTS_MAX) {
            let events = log
                .read_streams(&self.authority, requests, self.position)
                .await
                .map_err(unread)?;
            let mut one: Option<Retold<P>> = None;
            for event in events {
                let key = (self.authority.clone(), event.stream);
                if one.as_ref().is_none_or(|one| one.key != key)
                    && let Some(ended) = one.replace(Retold::begin(key))
                {
                    all.extend(ended.end(moments, self.position).rows);
                }
                if let Some(one) = &mut one {
                    one.follow(event, moments);
                }
            }
            if let Some(ended) = one {
                all.extend(ended.end(moments, self.position).rows);
            }
        }
        Ok(all)
    }
}

fn unknown(error: super::page::PageError) -> QueryError {
    QueryError::Calendar(error.to_string())
}

pub(super) fn unread(error: AppendError) -> QueryError {
    tracing::warn!(%error, "the log cannot be read");
    QueryError::Unavailable
}
