//! What the opening acts of the requests on a page said: remembered, and read in one query.

use super::generations::{Generations, request_key};
use super::message::Origin;
use super::page::{Event, read};
use crate::domain::request::event::RequestEvent;
use crate::log::{AppendError, Log, Recorded};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use uuid::Uuid;

#[derive(Default)]
pub(crate) struct Origins {
    known: Generations<Origin>,
}

impl Origins {
    /// # Errors
    /// When the log is out of reach.
    pub(crate) async fn learn(&mut self, log: &Log, page: &[Event]) -> Result<(), AppendError> {
        self.known.begin_page();
        let mut missing: BTreeMap<Arc<str>, BTreeSet<Uuid>> = BTreeMap::new();
        for event in page {
            let key = request_key(&event.recorded);
            if !self.take(&event.recorded, &event.event) && self.known.find(&key).is_none() {
                missing.entry(key.0).or_default().insert(key.1);
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

    /// Whether the event was an opening act.
    fn take(&mut self, recorded: &Recorded, event: &RequestEvent) -> bool {
        let Some(origin) = Origin::find_in(event) else {
            return false;
        };
        self.known.keep(request_key(recorded), origin);
        true
    }

    /// `None` when the request has no opening act that this build can read.
    pub(crate) fn find(&self, recorded: &Recorded) -> Option<&Origin> {
        self.known.find_young(&request_key(recorded))
    }
}
