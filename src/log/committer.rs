//! The one door to the log of a replica: a bounded queue and a task that commits in batches.

use super::connect::LogConfig;
use super::event::{Append, AppendError, Position, Recorded, Verdict};
use uuid::Uuid;

/// A cheap handle; clones share the committer and the pool of readers.
#[derive(Clone)]
pub struct Log {}

impl Log {
    /// # Errors
    /// When the settings are not usable or Postgres lacks what the promises rest on.
    pub async fn connect(_config: &LogConfig) -> Result<Self, AppendError> {
        unimplemented!()
    }

    /// One command through the committer's queue.
    pub async fn append(&self, _append: Append) -> Result<Verdict, AppendError> {
        unimplemented!()
    }

    /// Many commands (at most one a stream) in as few statements as the limits allow; verdicts in
    /// the order given. For imports and definitions.
    pub async fn append_all(&self, _appends: Vec<Append>) -> Vec<Result<Verdict, AppendError>> {
        unimplemented!()
    }

    /// Events of one stream after `after_version`, in order.
    pub async fn read_stream(
        &self,
        _authority: &str,
        _stream: Uuid,
        _after_version: i32,
    ) -> Result<Vec<Recorded>, AppendError> {
        unimplemented!()
    }

    /// Events of many streams, whole, each in order. One round trip.
    pub async fn read_streams(
        &self,
        _authority: &str,
        _streams: &[Uuid],
    ) -> Result<Vec<Recorded>, AppendError> {
        unimplemented!()
    }

    /// Up to `limit` events after `after`, in order of position, all authorities.
    pub async fn read_after(
        &self,
        _after: Position,
        _limit: i64,
    ) -> Result<Vec<Recorded>, AppendError> {
        unimplemented!()
    }

    /// All events of the kinds other than `Request` after `after` (partial index), all authorities.
    pub async fn read_declared(&self, _after: Position) -> Result<Vec<Recorded>, AppendError> {
        unimplemented!()
    }

    /// The newest position; 0 for an empty log.
    pub async fn head(&self) -> Result<Position, AppendError> {
        unimplemented!()
    }

    /// Changed by a restore; part of every public position.
    #[must_use]
    pub fn epoch(&self) -> Uuid {
        unimplemented!()
    }
}
