//! Requests as they were when last read or written, for the command that comes next.
//!
//! A hint and never the truth: the append judges what was decided on it, and what would append nothing
//! is decided again on what the log says. Ids and codes only: no sealed part, nothing opened, no key.

use super::loading::Loaded;
use crate::domain::ids::RequestId;
use crate::domain::request::event::RequestEvent;
use crate::log::Recorded;
use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

const KEPT_BYTES_MAX: usize = 32 << 20;
/// Of an event beside its body, decoded and with its envelope; a guess on the safe side.
const EVENT_BYTES: usize = 1_024;

type Key = (String, RequestId);

struct Entry {
    loaded: Arc<Loaded>,
    bytes: usize,
    read_at: Instant,
    /// Of the uses counted so far.
    used: u64,
}

#[derive(Default)]
struct Kept {
    entries: HashMap<Key, Entry>,
    /// The one that was not used for longest first.
    by_use: BTreeMap<u64, Key>,
    uses: u64,
    bytes: usize,
}

impl Kept {
    fn remove(&mut self, key: &Key) {
        if let Some(entry) = self.entries.remove(key) {
            self.by_use.remove(&entry.used);
            self.bytes -= entry.bytes;
        }
    }
}

/// A cheap handle.
#[derive(Clone)]
pub(super) struct Cache {
    /// As of the keys: what is destroyed is in no memory any more when its keys are in none.
    ttl: Duration,
    bytes_max: usize,
    /// A lock for a map look-up only, never held across an await.
    kept: Arc<Mutex<Kept>>,
}

impl Cache {
    pub(super) fn new(ttl: Duration) -> Self {
        Self {
            ttl,
            bytes_max: KEPT_BYTES_MAX,
            kept: Arc::default(),
        }
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn find(&self, authority: &str, request: RequestId) -> Option<Arc<Loaded>> {
        let key = (authority.to_owned(), request);
        let mut kept = self.kept();
        let kept = &mut *kept;
        let entry = kept
            .entries
            .get_mut(&key)
            .filter(|entry| entry.read_at.elapsed() < self.ttl)?;
        kept.by_use.remove(&entry.used);
        kept.uses += 1;
        entry.used = kept.uses;
        kept.by_use.insert(entry.used, key);
        Some(Arc::clone(&entry.loaded))
    }

    /// Never in the place of what is newer.
    pub(super) fn keep(&self, authority: &str, request: RequestId, loaded: &Arc<Loaded>) {
        let key = (authority.to_owned(), request);
        let events = loaded.events.iter().map(|(event, _)| event.body.len());
        let bytes = events.map(|body| 2 * body + EVENT_BYTES).sum::<usize>() + EVENT_BYTES;
        let mut kept = self.kept();
        let is_newer = |entry: &Entry| entry.loaded.state.version() > loaded.state.version();
        if kept.entries.get(&key).is_some_and(is_newer) {
            return;
        }
        kept.remove(&key);
        kept.uses += 1;
        let used = kept.uses;
        kept.bytes += bytes;
        kept.by_use.insert(used, key.clone());
        let entry = Entry {
            loaded: Arc::clone(loaded),
            bytes,
            read_at: Instant::now(),
            used,
        };
        kept.entries.insert(key, entry);
        while kept.bytes > self.bytes_max {
            let Some((_, oldest)) = kept.by_use.pop_first() else {
                return;
            };
            kept.remove(&oldest);
        }
    }

    pub(super) fn forget(&self, authority: &str, request: RequestId) {
        self.kept().remove(&(authority.to_owned(), request));
    }

    pub(super) fn forget_expired(&self) {
        let mut kept = self.kept();
        let expired = kept.entries.iter();
        let expired = expired.filter(|(_, entry)| entry.read_at.elapsed() >= self.ttl);
        let expired: Vec<Key> = expired.map(|(key, _)| key.clone()).collect();
        expired.iter().for_each(|key| kept.remove(key));
    }
}

impl Loaded {
    /// Without what only a reader of the sealed parts needs.
    pub(super) fn bare(mut self) -> Self {
        for (recorded, _) in &mut self.events {
            recorded.sealed = Vec::new();
        }
        self
    }

    /// With what was appended since.
    pub(super) fn followed_by(&self, later: Vec<(Recorded, RequestEvent)>) -> Self {
        let mut next = self.clone();
        for (recorded, event) in later {
            next.state.evolve(&event);
            next.events.push((recorded, event));
        }
        next.bare()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::request::state::RequestState;
    use uuid::Uuid;

    fn nothing() -> Arc<Loaded> {
        Arc::new(Loaded {
            state: RequestState::Absent,
            workflow: None,
            events: Vec::new(),
        })
    }

    fn request(number: u128) -> RequestId {
        RequestId(Uuid::from_u128(number))
    }

    #[test]
    fn a_full_cache_forgets_what_was_not_used_for_longest_and_stays_within_its_bytes() {
        let cache = Cache {
            bytes_max: 3 * EVENT_BYTES,
            ..Cache::new(Duration::from_secs(300))
        };
        for number in 1..=3 {
            cache.keep("village", request(number), &nothing());
        }
        assert!(cache.find("village", request(1)).is_some());
        cache.keep("village", request(4), &nothing());
        let found = [1, 2, 3, 4].map(|number| cache.find("village", request(number)).is_some());
        assert_eq!(found, [true, false, true, true]);
        assert_eq!(cache.kept().bytes, 3 * EVENT_BYTES);
        assert_eq!(cache.kept().by_use.len(), 3);
    }

    #[test]
    fn requests_of_another_authority_are_others() {
        let cache = Cache::new(Duration::from_secs(300));
        cache.keep("village", request(1), &nothing());
        assert!(cache.find("town", request(1)).is_none());
        cache.forget("town", request(1));
        assert!(cache.find("village", request(1)).is_some());
        cache.forget("village", request(1));
        assert!(cache.find("village", request(1)).is_none());
        assert_eq!(cache.kept().bytes, 0);
    }

    #[test]
    fn what_is_as_old_as_a_key_may_be_is_neither_used_nor_kept() {
        let cache = Cache::new(Duration::ZERO);
        cache.keep("village", request(1), &nothing());
        assert!(cache.find("village", request(1)).is_none());
        cache.forget_expired();
        assert!(cache.kept().entries.is_empty() && cache.kept().by_use.is_empty());
    }
}
