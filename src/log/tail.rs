//! The newest events in memory, read once a replica for all who follow the log.
//!
//! Who is near the head takes from here; who is further behind pages by itself. Invariant: what is
//! kept has no hole, and a hole in the log is never read over.

use super::committer::Log;
use super::connect::listening;
use super::event::{AppendError, Position, Recorded};
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

const PAGE_EVENTS: i64 = 1_000;
/// Of bodies and sealed parts.
const KEPT_BYTES_MAX: usize = 16 << 20;
const KEPT_EVENTS_MAX: usize = 20_000;
/// What a lost notification costs.
const LOOK_EVERY: Duration = Duration::from_millis(250);
const AFTER_ERROR: Duration = Duration::from_secs(1);
/// Other replicas are told of this one's appends after the commit, together: telling takes a lock
/// that is one for the whole server.
const TELL_EVERY: Duration = Duration::from_millis(20);
const CHANNEL: &str = "rfa_log";

#[derive(Default)]
struct Kept {
    events: VecDeque<Arc<Recorded>>,
    bytes: usize,
}

impl Kept {
    fn take(&mut self, event: Recorded) {
        self.bytes += bytes_of(&event);
        self.events.push_back(Arc::new(event));
        while self.bytes > KEPT_BYTES_MAX || self.events.len() > KEPT_EVENTS_MAX {
            let Some(oldest) = self.events.pop_front() else {
                return;
            };
            self.bytes -= bytes_of(&oldest);
        }
    }

    /// `None` when the caller has to page by itself.
    fn find(&self, after: Position, limit: usize) -> Option<Vec<Arc<Recorded>>> {
        let (first, last) = (self.events.front()?.position, self.events.back()?.position);
        if after.0 + 1 < first.0 || after > last {
            return None;
        }
        let skipped = usize::try_from(after.0 + 1 - first.0).ok()?;
        Some(
            self.events
                .iter()
                .skip(skipped)
                .take(limit)
                .cloned()
                .collect(),
        )
    }
}

fn bytes_of(event: &Recorded) -> usize {
    let sealed: usize = event.sealed.iter().map(|part| part.bytes.len()).sum();
    event.body.len() + sealed
}

/// What a replica shares of the newest events. Empty while nobody keeps it.
pub(super) struct Tail {
    /// A lock for copying pointers, never held across an await.
    kept: Mutex<Kept>,
    reached: watch::Sender<Position>,
}

impl Default for Tail {
    fn default() -> Self {
        Self {
            kept: Mutex::default(),
            reached: watch::Sender::new(Position(0)),
        }
    }
}

impl Tail {
    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Log {
    /// Up to `limit` events after `after`, from memory where they are there.
    ///
    /// # Errors
    /// When Postgres is out of reach.
    pub async fn follow(
        &self,
        after: Position,
        limit: i64,
    ) -> Result<Vec<Arc<Recorded>>, AppendError> {
        let most = usize::try_from(limit).unwrap_or(0);
        let found = self.tail.kept().find(after, most);
        if let Some(found) = found {
            return Ok(found);
        }
        let page = self.read_after(after, limit).await?;
        Ok(page.into_iter().map(Arc::new).collect())
    }

    /// Changes whenever the tail has come further.
    #[must_use]
    pub fn reached(&self) -> watch::Receiver<Position> {
        self.tail.reached.subscribe()
    }

    /// Keeps the tail until told to stop; one task a replica.
    pub async fn keep_tail(&self, shutdown: CancellationToken) {
        let telling = tokio::spawn(tell_others(self.clone(), shutdown.clone()));
        let mut bell = self.appended();
        let mut told = None;
        let mut at = None;
        while !shutdown.is_cancelled() {
            bell.mark_unchanged();
            if told.is_none() {
                // Listen first, then look: nothing falls in between.
                told = listening(&self.url, CHANNEL).await.ok();
            }
            let pause = match self.step(&mut at).await {
                Ok(count) if count == PAGE_EVENTS as usize => continue,
                Ok(_) => LOOK_EVERY,
                Err(error) => {
                    tracing::warn!(%error, "the tail of the log is lost; everybody pages alone");
                    *self.tail.kept() = Kept::default();
                    at = None;
                    AFTER_ERROR
                }
            };
            let is_lost = tokio::select! {
                () = shutdown.cancelled() => break,
                () = tokio::time::sleep(pause) => false,
                rung = bell.changed() => { if rung.is_err() { break } false },
                heard = heard(&mut told) => !heard,
            };
            if is_lost {
                told = None;
            }
        }
        *self.tail.kept() = Kept::default();
        if telling.await.is_err() {
            tracing::error!("the task that tells other replicas ended early");
        }
    }

    /// Reads on from where the tail is, which begins at the head.
    async fn step(&self, at: &mut Option<Position>) -> Result<usize, AppendError> {
        let last = match *at {
            Some(last) => last,
            None => self.head().await?,
        };
        let page = self.read_after(last, PAGE_EVENTS).await?;
        let count = page.len();
        let mut reached = last;
        let mut kept = self.tail.kept();
        for event in page {
            if event.position.0 != reached.0 + 1 {
                tracing::error!(after = %reached, found = %event.position, "the log has a hole");
                drop(kept);
                return Err(AppendError::Unavailable);
            }
            reached = event.position;
            kept.take(event);
        }
        drop(kept);
        *at = Some(reached);
        self.tail.reached.send_if_modified(|before| {
            let moved = *before != reached;
            *before = reached;
            moved
        });
        Ok(count)
    }
}

type Told = (tokio_postgres::Client, watch::Receiver<u64>);

/// `false` when the connection is lost; never, while there is none.
async fn heard(told: &mut Option<Told>) -> bool {
    match told {
        Some((_, notified)) => notified.changed().await.is_ok(),
        None => std::future::pending().await,
    }
}

/// A hint only: whoever misses it looks by itself.
async fn tell_others(log: Log, shutdown: CancellationToken) {
    let mut bell = log.appended();
    loop {
        tokio::select! {
            () = shutdown.cancelled() => return,
            rung = bell.changed() => if rung.is_err() { return },
        }
        if let Err(error) = log.tell(CHANNEL).await {
            tracing::debug!(%error, "other replicas were not told");
        }
        tokio::select! {
            () = shutdown.cancelled() => return,
            () = tokio::time::sleep(TELL_EVERY) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::log::{Audience, Provenance, StreamKind};
    use jiff::Timestamp;
    use uuid::Uuid;

    fn event(position: i64, bytes: usize) -> Recorded {
        Recorded {
            position: Position(position),
            authority: "village".into(),
            stream: Uuid::nil(),
            stream_kind: StreamKind::Request,
            version: 1,
            event_type: "claimed".to_owned(),
            schema_version: 1,
            occurred_at: Timestamp::UNIX_EPOCH,
            recorded_at: Timestamp::UNIX_EPOCH,
            actor: "n.ross".to_owned(),
            on_behalf_of: None,
            command_id: Uuid::nil(),
            command_ordinal: 0,
            correlation: Uuid::nil(),
            causation: None,
            definition: None,
            audience: Audience::Ordinary,
            provenance: Provenance::Live,
            body: vec![b' '; bytes],
            sealed: Vec::new(),
            unreadable: None,
        }
    }

    fn positions(found: Option<Vec<Arc<Recorded>>>) -> Option<Vec<i64>> {
        Some(found?.iter().map(|event| event.position.0).collect())
    }

    #[test]
    fn who_is_near_takes_from_memory_and_who_is_behind_or_ahead_pages_alone() {
        let mut kept = Kept::default();
        assert_eq!(positions(kept.find(Position(0), 10)), None);
        (5..=9).for_each(|position| kept.take(event(position, 1)));
        assert_eq!(positions(kept.find(Position(3), 10)), None);
        assert_eq!(positions(kept.find(Position(4), 2)), Some(vec![5, 6]));
        assert_eq!(positions(kept.find(Position(7), 10)), Some(vec![8, 9]));
        assert_eq!(positions(kept.find(Position(9), 10)), Some(vec![]));
        assert_eq!(positions(kept.find(Position(10), 10)), None);
    }

    #[test]
    fn what_is_kept_is_bounded_in_bytes_and_in_events() {
        let mut kept = Kept::default();
        (1..=40).for_each(|position| kept.take(event(position, 1 << 20)));
        assert!(kept.bytes <= KEPT_BYTES_MAX);
        assert_eq!(kept.events.back().unwrap().position, Position(40));
        for position in 41..=40 + 2 * KEPT_EVENTS_MAX as i64 {
            kept.take(event(position, 0));
        }
        assert_eq!(kept.events.len(), KEPT_EVENTS_MAX);
        assert_eq!(kept.bytes, 0);
    }
}
