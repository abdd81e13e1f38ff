//! What the opening acts of the requests on a page said: remembered, and read in one query.

use super::message::Origin;
use super::page::{Event, read};
use crate::domain::request::event::RequestEvent;
use crate::log::{AppendError, Log, Recorded};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;
use uuid::Uuid;

/// Requests remembered in each of two generations; the older one is forgotten as a whole.
const GENERATION_MAX: usize = 25_000;

type Key = (Arc<str>, Uuid);

#[derive(Default)]
pub(crate) struct Origins {
    young: HashMap<Key, Origin>,
    old: HashMap<Key, Origin>,
}

impl Origins {
    /// # Errors
    /// When the log is out of reach.
    pub(crate) async fn learn(&mut self, log: &Log, page: &[Event]) -> Result<(), AppendError> {
        if self.young.len() >= GENERATION_MAX {
            self.old = std::mem::take(&mut self.young);
        }
        let mut missing: BTreeMap<Arc<str>, BTreeSet<Uuid>> = BTreeMap::new();
        for event in page {
            let (authority, stream) = key_of(&event.recorded);
            if !self.take(&event.recorded, &event.event) && !self.is_known(&authority, stream) {
                missing.entry(authority).or_default().insert(stream);
            }
        }
        for (authority, streams) in missing {
            let streams: Vec<Uuid> = streams.into_iter().collect();
            for first in log.read_first(&authority, &streams).await? {
                if let Ok(event) = read(&first) {
                    self.take(&first, &event);
                }
            }
        }
        Ok(())
    }

    /// What is used stays young.
    fn is_known(&mut self, authority: &Arc<str>, stream: Uuid) -> bool {
        let key = (Arc::clone(authority), stream);
        if self.young.contains_key(&key) {
            return true;
        }
        let Some(origin) = self.old.remove(&key) else {
            return false;
        };
        self.young.insert(key, origin);
        true
    }

    /// Whether the event was an opening act.
    fn take(&mut self, recorded: &Recorded, event: &RequestEvent) -> bool {
        let RequestEvent::Act(act) = event else {
            return false;
        };
        let Some(opening) = &act.opening else {
            return false;
        };
        let origin = Origin {
            reference: opening.reference.to_string(),
            workflow: opening.workflow.to_string(),
            workflow_version: opening.version,
            agency: opening.agency.as_ref().map(ToString::to_string),
        };
        self.young.insert(key_of(recorded), origin);
        true
    }

    /// `None` when the request has no opening act that this build can read.
    pub(crate) fn find(&self, recorded: &Recorded) -> Option<&Origin> {
        self.young.get(&key_of(recorded))
    }
}

fn key_of(recorded: &Recorded) -> Key {
    (Arc::clone(&recorded.authority), recorded.stream)
}
