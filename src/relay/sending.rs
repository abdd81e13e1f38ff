//! From a page of the log to messages on their way, and from their confirms to the cursor.

use super::lane::RelayLane;
use super::memory::RelayMemory;
use super::message::{Lane, Message, TellableEvent, messages};
use super::page::{Event, Flight, Page, Sent};
use super::parked::{self, Key, Parked, Waiting};
use super::session::Session;
use super::topology::Topology;
use super::{RelayError, RelayOutcome};
use crate::log::{Log, Position};
use std::time::{Duration, Instant};

pub(super) const PAGE_EVENTS: i64 = 256;
const HEAD_EVERY: Duration = Duration::from_millis(250);

impl RelayLane {
    /// `false` when there is nothing to send.
    pub(super) async fn send_page(&mut self, session: &mut Session) -> Result<bool, RelayError> {
        let recorded = self.log.read_after(session.read_up_to, PAGE_EVENTS).await?;
        let events = recorded.len();
        if events == 0 {
            return Ok(false);
        }
        let mut page = Page::decode(session.read_up_to, recorded)?;
        if page.declares {
            self.registry.refresh().await?;
        }
        page.leave_out(&session.parked);
        let told = if page.declares {
            // What has no queue yet comes back, waits, and is tried again once it is declared.
            let declared = Topology::of(&self.registry.in_force());
            self.tell(&mut page, &declared).await?
        } else {
            self.tell(&mut page, &session.topology).await?
        };
        let mut sent = Vec::with_capacity(told.len());
        let mut on_their_way = 0;
        for (event, messages) in told {
            for message in &messages {
                session.window.push(session.publisher.send(message));
            }
            on_their_way += messages.len();
            sent.push(event);
        }
        session.parked.extend(page.unreadable.clone());
        session.read_up_to = page.to;
        session.flights.push_back(Flight {
            to: page.to,
            events,
            messages: on_their_way,
            sent,
            unreadable: page.unreadable,
        });
        Ok(true)
    }

    /// What there is to say about the events of a page to receivers of this lane.
    pub(super) async fn tell(
        &mut self,
        page: &mut Page,
        topology: &Topology,
    ) -> Result<Vec<(Sent, Vec<Message>)>, RelayError> {
        let telling = Telling {
            log: &self.log,
            lane: self.lane,
            topology,
        };
        tell(telling, &mut self.memory, page).await
    }

    /// The pages are through, all their messages being confirmed; requests of those that came back are
    /// parked as the cursor moves over them.
    pub(super) async fn settle(
        &mut self,
        session: &mut Session,
        flight: Flight,
    ) -> Result<RelayOutcome, RelayError> {
        let mut newly = flight.unreadable;
        for sent in flight.sent {
            if let Some(route) = session.window.take_untaken(sent.id) {
                let waiting = Waiting::for_route(sent.position, &route);
                parked::keep_lowest(&mut newly, sent.key, waiting);
            }
        }
        // An event of an earlier page may have come back meanwhile.
        newly.retain(|key, waiting| {
            let known = session.parked.get(key);
            known.is_none_or(|known| waiting.from <= known.from)
        });
        for ((authority, request), waiting) in &newly {
            let (position, reason) = (waiting.from.0, &waiting.reason);
            tracing::error!(authority, %request, position, reason, "a request is parked");
        }
        self.keep((session.cursor, flight.to), &newly, &[]).await?;
        session.parked.append(&mut newly);
        session.cursor = flight.to;
        metrics::counter!("rfa_relay_published_total", "lane" => self.name())
            .increment(flight.messages as u64);
        let head = self.head(session).await?;
        let (position, parked) = (session.cursor, session.parked.len());
        self.report(|status| status.go_on(position, head.0 - position.0, parked));
        Ok(RelayOutcome::Published(flight.events))
    }

    /// All of it, or nothing where another owner has the lease: it holds back what this one would let
    /// go, and would never send what came after.
    pub(super) async fn keep(
        &self,
        (from, to): (Position, Position),
        waiting: &Parked,
        free: &[Key],
    ) -> Result<(), RelayError> {
        let mut client = self.log.pool().get().await?;
        let transaction = client.transaction().await?;
        if !self.reader().advance(&*transaction, from, to).await? {
            return Err(RelayError::LostLease);
        }
        parked::park(&*transaction, self.name(), waiting).await?;
        parked::unpark(&*transaction, self.name(), free).await?;
        transaction.commit().await?;
        Ok(())
    }

    /// How far the log is, for the eye: not asked for with each page.
    async fn head(&self, session: &mut Session) -> Result<Position, RelayError> {
        let known = session.head.filter(|(_, at)| at.elapsed() < HEAD_EVERY);
        let (head, _) = match known {
            Some(known) => known,
            None => *session
                .head
                .insert((self.log.head().await?, Instant::now())),
        };
        Ok(head.max(session.read_up_to))
    }
}

/// To whom something is told.
#[derive(Clone, Copy)]
pub(super) struct Telling<'a> {
    pub(super) log: &'a Log,
    pub(super) lane: Lane,
    pub(super) topology: &'a Topology,
}

/// An event about which nothing can be said is moved to the page's unreadable ones.
pub(super) async fn tell(
    telling: Telling<'_>,
    memory: &mut RelayMemory,
    page: &mut Page,
) -> Result<Vec<(Sent, Vec<Message>)>, RelayError> {
    memory.prepare(telling.log, page).await?;
    let mut told = Vec::with_capacity(page.events.len());
    for event in std::mem::take(&mut page.events) {
        match telling.messages(memory, &event) {
            Ok(messages) => told.push((Sent::from(&event.recorded), messages)),
            Err(why) => page.refuse(&event.recorded, why),
        }
    }
    Ok(told)
}

impl Telling<'_> {
    fn messages(&self, memory: &mut RelayMemory, event: &Event) -> Result<Vec<Message>, String> {
        let (recorded, event) = (&event.recorded, &event.event);
        let request = memory.count(recorded, event)?;
        let told = TellableEvent {
            recorded,
            event,
            origin: &request.origin,
            places: Some(&request.places),
            epoch: self.log.history(),
        };
        let mut messages = messages(self.lane, told).map_err(|error| error.to_string())?;
        messages.retain(|message| self.topology.has_receiver(&message.route));
        Ok(messages)
    }
}
