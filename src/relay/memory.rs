//! What the relay remembers of requests, so that a page costs one query at the most: what the opening
//! act said, and how many messages each receiver was sent.

use super::generations::{Generations, request_key};
use super::message::{Origin, parties};
use super::page::{Event, Page, read};
use super::place::RequestPlaces;
use crate::domain::request::event::RequestEvent;
use crate::log::{AppendError, EarlierEvents, Log, Recorded};
use std::collections::HashSet;

/// Why the next event of a request cannot be told: where it stands among the others is not known.
const NO_OPENING: &str = "the request has no opening act that can be read";
const NOT_COUNTED: &str = "the request has an earlier event that cannot be read";

#[derive(Default)]
pub(super) struct RelayMemory {
    known: Generations<CountedRequest>,
}

/// A request up to the event that was counted last.
pub(super) struct CountedRequest {
    pub(super) origin: Origin,
    pub(super) places: RequestPlaces,
}

impl RelayMemory {
    /// Makes ready for a page. Of a request whose next event is not the page's (it is new here, was
    /// sent again, or was parked) all events before are counted again: those that the page brought
    /// along, and the others in one query.
    ///
    /// # Errors
    /// When the log is out of reach.
    pub(super) async fn prepare(&mut self, log: &Log, page: &mut Page) -> Result<(), AppendError> {
        self.known.begin_page();
        self.count_again(&std::mem::take(&mut page.earlier));
        let mut seen = HashSet::new();
        let mut missing = EarlierEvents::default();
        for Event { recorded, .. } in &page.events {
            let key = request_key(recorded);
            let known = self.known.find(&key);
            let is_next = known.is_some_and(|known| known.places.expects(recorded));
            if seen.insert(key) && recorded.version > 1 && !is_next {
                missing.push(recorded);
            }
        }
        if !missing.is_empty() {
            self.count_again(&log.read_earlier(&missing).await?);
        }
        Ok(())
    }

    /// Requests from their first event on. One with an event that cannot be read is not known.
    fn count_again(&mut self, earlier: &[Recorded]) {
        for recorded in earlier {
            let is_counted = match read(recorded) {
                Ok(event) => self.count(recorded, &event).is_ok(),
                Err(_) => false,
            };
            if !is_counted {
                self.known.forget(&request_key(recorded));
            }
        }
    }

    /// Counts an event: the request with it, or why it cannot be told.
    pub(super) fn count(
        &mut self,
        recorded: &Recorded,
        event: &RequestEvent,
    ) -> Result<&CountedRequest, &'static str> {
        let key = request_key(recorded);
        if recorded.version == 1 {
            let origin = Origin::find_in(event).ok_or(NO_OPENING)?;
            let places = RequestPlaces::default();
            let request = CountedRequest { origin, places };
            self.known.keep(key.clone(), request);
        }
        let known = self.known.find(&key).ok_or(NOT_COUNTED)?;
        let parties = parties(event, &known.origin);
        if known.places.count(recorded, &parties) {
            Ok(known)
        } else {
            Err(NOT_COUNTED)
        }
    }
}
