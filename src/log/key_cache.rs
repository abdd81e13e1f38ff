//! Keys in memory: for a while, and never more than a number of them.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use uuid::Uuid;

/// How long a key may be used after it was read; a destroyed record is gone at the latest then.
const KEY_TTL: Duration = Duration::from_secs(300);
const KEYS_MAX: usize = 10_000;

#[derive(Clone, Copy)]
struct CachedKey {
    key: [u8; 32],
    read_at: Instant,
}

/// A cheap handle.
#[derive(Clone, Default)]
pub(super) struct KeyCache {
    /// A lock for a map look-up only, never held across an await.
    keys: Arc<Mutex<HashMap<Uuid, CachedKey>>>,
}

impl KeyCache {
    pub(super) fn find(&self, id: Uuid) -> Option<[u8; 32]> {
        let keys = self.keys.lock().unwrap_or_else(PoisonError::into_inner);
        keys.get(&id)
            .filter(|cached| cached.read_at.elapsed() < KEY_TTL)
            .map(|cached| cached.key)
    }

    pub(super) fn keep(&self, id: Uuid, key: [u8; 32]) {
        let mut keys = self.keys.lock().unwrap_or_else(PoisonError::into_inner);
        if keys.len() >= KEYS_MAX {
            // The older half: a key that was drawn and not stored yet must stay.
            let mut times: Vec<Instant> = keys.values().map(|cached| cached.read_at).collect();
            let (_, middle, _) = times.select_nth_unstable(KEYS_MAX / 2);
            let middle = *middle;
            keys.retain(|_, cached| cached.read_at > middle);
        }
        let read_at = Instant::now();
        keys.insert(id, CachedKey { key, read_at });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_cache_forgets_the_older_half_and_keeps_the_newest() {
        let cache = KeyCache::default();
        let ids: Vec<Uuid> = (0..=KEYS_MAX as u128).map(Uuid::from_u128).collect();
        for id in &ids {
            cache.keep(*id, [7; 32]);
            assert!(cache.find(*id).is_some(), "just kept");
        }
        assert!(cache.find(ids[0]).is_none());
        assert!(cache.find(ids[KEYS_MAX - 1]).is_some());
        assert!(cache.keys.lock().unwrap().len() <= KEYS_MAX);
    }
}
