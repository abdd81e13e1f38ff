//! Keys in memory: for a while, and never more than a number of them.

use secrecy::zeroize::Zeroizing;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use uuid::Uuid;

const KEYS_MAX: usize = 10_000;

struct CachedKey {
    key: Zeroizing<[u8; 32]>,
    read_at: Instant,
}

type Keys = HashMap<Uuid, CachedKey>;

/// A cheap handle.
#[derive(Clone)]
pub(super) struct KeyCache {
    /// How long a key may be used after it was read; a destroyed record is gone at the latest then.
    ttl: Duration,
    /// A lock for a map look-up only, never held across an await.
    keys: Arc<Mutex<Keys>>,
}

impl KeyCache {
    pub(super) fn new(ttl: Duration) -> Self {
        Self {
            ttl,
            keys: Arc::default(),
        }
    }

    pub(super) fn ttl(&self) -> Duration {
        self.ttl
    }

    fn keys(&self) -> MutexGuard<'_, Keys> {
        self.keys.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn forget_expired(&self) {
        self.keys()
            .retain(|_, cached| cached.read_at.elapsed() < self.ttl);
    }

    pub(super) fn forget_all(&self) {
        self.keys().clear();
    }

    pub(super) fn find(&self, id: Uuid) -> Option<[u8; 32]> {
        self.keys()
            .get(&id)
            .filter(|cached| cached.read_at.elapsed() < self.ttl)
            .map(|cached| *cached.key)
    }

    pub(super) fn keep(&self, id: Uuid, key: [u8; 32]) {
        let mut keys = self.keys();
        if keys.len() >= KEYS_MAX {
            // The older half: a key that was drawn and not stored yet must stay.
            let mut times: Vec<Instant> = keys.values().map(|cached| cached.read_at).collect();
            let (_, middle, _) = times.select_nth_unstable(KEYS_MAX / 2);
            let middle = *middle;
            keys.retain(|_, cached| cached.read_at > middle);
        }
        let read_at = Instant::now();
        let key = Zeroizing::new(key);
        keys.insert(id, CachedKey { key, read_at });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_cache_forgets_the_older_half_and_keeps_the_newest() {
        let cache = KeyCache::new(Duration::from_secs(300));
        let ids: Vec<Uuid> = (0..=KEYS_MAX as u128).map(Uuid::from_u128).collect();
        for id in &ids {
            cache.keep(*id, [7; 32]);
            assert!(cache.find(*id).is_some(), "just kept");
        }
        assert!(cache.find(ids[0]).is_none());
        assert!(cache.find(ids[KEYS_MAX - 1]).is_some());
        assert!(cache.keys().len() <= KEYS_MAX);
    }

    #[test]
    fn a_key_whose_time_is_over_is_neither_used_nor_kept() {
        let cache = KeyCache::new(Duration::ZERO);
        cache.keep(Uuid::nil(), [7; 32]);
        assert!(cache.find(Uuid::nil()).is_none());
        cache.forget_expired();
        assert!(cache.keys().is_empty());
    }
}
