//! A bounded memory of requests: the newer of two generations grows, the older is forgotten as a whole.

use crate::log::Recorded;
use std::collections::HashMap;
use std::sync::Arc;
use uuid::Uuid;

/// Requests remembered in each generation.
const GENERATION_MAX: usize = 25_000;

/// Authority and request.
pub(super) type RequestKey = (Arc<str>, Uuid);

pub(super) struct Generations<V> {
    young: HashMap<RequestKey, V>,
    old: HashMap<RequestKey, V>,
}

impl<V> Default for Generations<V> {
    fn default() -> Self {
        Self {
            young: HashMap::new(),
            old: HashMap::new(),
        }
    }
}

impl<V> Generations<V> {
    /// Called between pages: what one page needs is never forgotten in the middle of it.
    pub(super) fn begin_page(&mut self) {
        if self.young.len() >= GENERATION_MAX {
            self.old = std::mem::take(&mut self.young);
        }
    }

    /// Finds a request and keeps it among the young, since it is in use.
    pub(super) fn find(&mut self, key: &RequestKey) -> Option<&mut V> {
        if !self.young.contains_key(key) {
            let used = self.old.remove(key)?;
            self.young.insert(key.clone(), used);
        }
        self.young.get_mut(key)
    }

    /// Finds a request that the page has used already.
    pub(super) fn find_young(&self, key: &RequestKey) -> Option<&V> {
        self.young.get(key)
    }

    pub(super) fn keep(&mut self, key: RequestKey, value: V) {
        self.old.remove(&key);
        self.young.insert(key, value);
    }

    pub(super) fn forget(&mut self, key: &RequestKey) {
        self.young.remove(key);
        self.old.remove(key);
    }
}

pub(super) fn request_key(recorded: &Recorded) -> RequestKey {
    (Arc::clone(&recorded.authority), recorded.stream)
}
