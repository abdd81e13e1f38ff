//! A page of the log: checked for holes, decoded, and what of it cannot be told to anybody.

use super::parked::{Key, Parked, Waiting};
use crate::domain::request::codec;
use crate::domain::request::event::RequestEvent;
use crate::log::{AppendError, Log, Position, Recorded, StreamKind};
use uuid::Uuid;

pub(crate) struct Event {
    pub(crate) recorded: Recorded,
    pub(crate) event: RequestEvent,
}

/// The log has no such position: an event was lost, or the page is of another log.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the log has no position {expected}; the next is {found}")]
pub struct Gap {
    pub expected: Position,
    pub found: Position,
}

#[derive(Default)]
pub(crate) struct Page {
    /// Of the last event, of whatever kind.
    pub(crate) to: Position,
    /// Events of requests that this build can read.
    pub(crate) events: Vec<Event>,
    /// What was read of their requests before these events, where it was at hand.
    pub(crate) earlier: Vec<Recorded>,
    /// Requests with an event that it cannot: that one and all after it are left out.
    pub(crate) unreadable: Parked,
    /// Whether something was declared: it may need queues.
    pub(crate) declares: bool,
}

impl Page {
    /// # Errors
    /// When the page does not follow `after` without a hole.
    pub(crate) fn decode(after: Position, recorded: Vec<Recorded>) -> Result<Self, Gap> {
        let mut page = Self {
            to: after,
            ..Self::default()
        };
        for recorded in recorded {
            let expected = Position(page.to.0 + 1);
            if recorded.position != expected {
                let found = recorded.position;
                return Err(Gap { expected, found });
            }
            page.to = expected;
            if recorded.stream_kind == StreamKind::Request {
                page.take(recorded);
            } else {
                page.declares |= recorded.stream_kind.declares();
            }
        }
        Ok(page)
    }

    /// The events of one request again, for whoever could not go on with them.
    ///
    /// # Errors
    /// When the log is out of reach.
    pub(crate) async fn again(
        log: &Log,
        (authority, request): &Key,
        (from, to): (Position, Position),
    ) -> Result<Self, AppendError> {
        let mut page = Self::default();
        for recorded in log.read_stream(authority, *request, 0).await? {
            if recorded.position < from {
                page.earlier.push(recorded);
            } else if recorded.position <= to {
                page.take(recorded);
            }
        }
        Ok(page)
    }

    /// Requests that wait already are left where they are.
    pub(crate) fn leave_out(&mut self, waiting: &Parked) {
        let events = &mut self.events;
        events.retain(|event| !waiting.contains_key(&key_of(&event.recorded)));
        self.unreadable.retain(|key, _| !waiting.contains_key(key));
    }

    /// Takes the next event of a request.
    pub(crate) fn take(&mut self, recorded: Recorded) {
        if self.unreadable.contains_key(&key_of(&recorded)) {
            return;
        }
        match read(&recorded) {
            Ok(event) => self.events.push(Event { recorded, event }),
            Err(why) => self.refuse(&recorded, why),
        }
    }

    /// Its request has to wait for a build or a hand that can do better.
    pub(crate) fn refuse(&mut self, recorded: &Recorded, reason: String) {
        let from = recorded.position;
        let waiting = self.unreadable.entry(key_of(recorded));
        waiting.or_insert(Waiting { from, reason });
    }
}

pub(super) fn read(recorded: &Recorded) -> Result<RequestEvent, String> {
    recorded.check().map_err(|error| error.to_string())?;
    let (name, version) = (&recorded.event_type, recorded.schema_version);
    codec::decode(name, version, &recorded.body).map_err(|error| error.to_string())
}

pub(crate) fn key_of(recorded: &Recorded) -> Key {
    (recorded.authority.to_string(), recorded.stream)
}

/// What has to be remembered of a page while its messages are on their way.
pub(super) struct Flight {
    pub(super) to: Position,
    /// Events of the page, of whatever kind.
    pub(super) events: usize,
    pub(super) messages: usize,
    pub(super) sent: Vec<Sent>,
    pub(super) unreadable: Parked,
}

impl Flight {
    /// Goes on to the end of the next one: one move of the cursor for both.
    pub(super) fn join(&mut self, next: Self) {
        self.to = next.to;
        self.events += next.events;
        self.messages += next.messages;
        self.sent.extend(next.sent);
        self.unreadable.extend(next.unreadable);
    }
}

/// One event on its way.
pub(super) struct Sent {
    /// Of the event and of all its messages.
    pub(super) id: Uuid,
    pub(super) position: Position,
    pub(super) key: Key,
}

impl From<&Recorded> for Sent {
    fn from(recorded: &Recorded) -> Self {
        Self {
            id: recorded.event_id(),
            position: recorded.position,
            key: key_of(recorded),
        }
    }
}
