//! One lane: a loop over a named outcome, one owner by lease, one cursor.

use super::message::{Lane, Message, messages};
use super::origin::Origins;
use super::parked;
use super::publisher::{Mismatch, PublishError, Publisher};
use super::topology::Topology;
use crate::commands::Registry;
use crate::domain::request::codec;
use crate::domain::request::event::RequestEvent;
use crate::log::cursor::{CursorError, Reader};
use crate::log::{AppendError, Log, Position, Recorded, StreamKind};
use deadpool_postgres::Pool;
use std::collections::{BTreeMap, HashSet};
use std::time::{Duration, Instant};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

const PAGE_EVENTS: i64 = 500;
const LEASE_MS: i64 = 15_000;
const LOOK_EVERY: Duration = Duration::from_millis(250);
/// Bindings that somebody removed come back within this time.
const CHECK_EVERY: Duration = Duration::from_secs(10);
const BACKOFF_MS: std::ops::Range<u64> = 500..1_500;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RelayOutcome {
    /// So many events are through.
    Published(usize),
    Idle,
    /// Another replica has the lease.
    Elsewhere,
}

#[derive(Debug, thiserror::Error)]
pub enum RelayError {
    #[error(transparent)]
    Log(#[from] AppendError),
    #[error(transparent)]
    Cursor(#[from] CursorError),
    #[error(transparent)]
    Publish(#[from] PublishError),
    #[error("Postgres cannot be reached")]
    Unavailable,
    #[error("the log has no position {expected}; the next is {found}")]
    Gap { expected: Position, found: Position },
    #[error("position {position}: {why}")]
    Unreadable { position: Position, why: String },
}

impl From<tokio_postgres::Error> for RelayError {
    fn from(_: tokio_postgres::Error) -> Self {
        Self::Unavailable
    }
}

impl From<deadpool_postgres::PoolError> for RelayError {
    fn from(_: deadpool_postgres::PoolError) -> Self {
        Self::Unavailable
    }
}

/// What a lane is doing, for whoever operates it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Status {
    pub connected: bool,
    pub position: Position,
    /// Events that the broker does not have yet.
    pub behind: i64,
    /// Requests whose messages no queue takes.
    pub parked: usize,
    pub mismatches: Vec<Mismatch>,
    /// Why it stands still, if it does.
    pub trouble: Option<String>,
}

pub struct RelayLane {
    lane: Lane,
    registry: Registry,
    log: Log,
    pool: Pool,
    url: String,
    owner: Uuid,
    publisher: Option<Publisher>,
    declared: Option<(Instant, Topology)>,
    origins: Origins,
    status: watch::Sender<Status>,
}

impl RelayLane {
    #[must_use]
    pub fn new(lane: Lane, registry: Registry, url: String) -> Self {
        let log = registry.log().clone();
        Self {
            lane,
            pool: log.pool().clone(),
            log,
            registry,
            url,
            owner: Uuid::new_v4(),
            publisher: None,
            declared: None,
            origins: Origins::default(),
            status: watch::Sender::default(),
        }
    }

    #[must_use]
    pub fn status(&self) -> watch::Receiver<Status> {
        self.status.subscribe()
    }

    pub async fn run(mut self, shutdown: CancellationToken) {
        let mut bell = self.log.appended();
        while !shutdown.is_cancelled() {
            bell.mark_unchanged();
            let pause = match self.step().await {
                Ok(RelayOutcome::Published(_)) => Duration::ZERO,
                Ok(RelayOutcome::Idle) => LOOK_EVERY,
                Ok(RelayOutcome::Elsewhere) => Duration::from_secs(1),
                Err(error) => {
                    tracing::warn!(lane = ?self.lane, %error, "the relay stands still");
                    self.publisher = None;
                    self.declared = None;
                    self.status.send_modify(|status| {
                        status.connected = false;
                        status.trouble = Some(error.to_string());
                    });
                    self.look_behind().await;
                    Duration::from_millis(rand::random_range(BACKOFF_MS))
                }
            };
            tokio::select! {
                () = shutdown.cancelled() => {}
                () = tokio::time::sleep(pause) => {}
                rung = bell.changed(), if pause == LOOK_EVERY => if rung.is_err() { break },
            }
        }
        if let Ok(client) = self.pool.get().await
            && let Err(error) = self.reader().release(&**client).await
        {
            tracing::debug!(%error, "a lease was left to run out");
        }
    }

    /// Publishes one page, and whatever was parked and has a queue again.
    ///
    /// # Errors
    /// When a side is out of reach: nothing is lost, and a message may be sent again.
    pub async fn step(&mut self) -> Result<RelayOutcome, RelayError> {
        let client = self.pool.get().await?;
        let Some(from) = self.reader().lease(&**client).await? else {
            self.status.send_modify(|status| status.trouble = None);
            return Ok(RelayOutcome::Elsewhere);
        };
        let mut parked = parked::load(&**client, self.name()).await?;
        if self.connect().await? && !parked.is_empty() {
            self.retry(&**client, &mut parked, from).await?;
        }
        let page = self.log.read_after(from, PAGE_EVENTS).await?;
        let Some(to) = page.last().map(|event| event.position) else {
            self.report(from, 0, parked.len());
            return Ok(RelayOutcome::Idle);
        };
        let count = page.len();
        let events = decode(from, page)?;
        let returned = self.publish(&events, &parked).await?;
        for (recorded, _) in events
            .iter()
            .filter(|(r, _)| returned.contains(&r.event_id()))
        {
            if parked.insert(key_of(recorded), recorded.position).is_none() {
                tracing::error!(request = %recorded.stream, "no queue takes a request's messages");
                parked::park(&**client, self.name(), recorded).await?;
            }
        }
        if !self.reader().advance(&**client, from, to).await? {
            return Ok(RelayOutcome::Elsewhere);
        }
        metrics::counter!("rfa_relay_events_total", "lane" => self.name()).increment(count as u64);
        let head = self.log.head().await?;
        self.report(to, head.0 - to.0, parked.len());
        Ok(RelayOutcome::Published(count))
    }

    /// Connects and declares where need be; whether the topology was looked at in this step.
    async fn connect(&mut self) -> Result<bool, RelayError> {
        if self.publisher.is_none() {
            self.publisher = Some(Publisher::connect(&self.url).await?);
            self.declared = None;
        }
        let topology = Topology::of(&self.registry.in_force());
        let is_fresh = self
            .declared
            .as_ref()
            .is_some_and(|(at, known)| at.elapsed() < CHECK_EVERY && *known == topology);
        if is_fresh {
            return Ok(false);
        }
        if let Some(publisher) = &mut self.publisher {
            let mismatches = publisher.declare(&topology).await?;
            for mismatch in &mismatches {
                tracing::error!(
                    name = mismatch.name,
                    why = mismatch.why,
                    "topology mismatch"
                );
            }
            self.status
                .send_modify(|status| status.mismatches = mismatches);
        }
        self.declared = Some((Instant::now(), topology));
        Ok(true)
    }

    async fn publish(
        &mut self,
        events: &[(Recorded, RequestEvent)],
        parked: &BTreeMap<parked::Key, Position>,
    ) -> Result<HashSet<Uuid>, RelayError> {
        self.origins
            .learn(&self.log, &self.registry.in_force(), events)
            .await?;
        let mut batch: Vec<Message> = Vec::with_capacity(events.len() * 2);
        for (recorded, event) in events {
            if parked.contains_key(&key_of(recorded)) {
                continue;
            }
            let origin =
                self.origins
                    .find(recorded.stream)
                    .ok_or_else(|| RelayError::Unreadable {
                        position: recorded.position,
                        why: "the request has no opening act".to_owned(),
                    })?;
            batch.extend(messages(
                self.lane,
                recorded,
                event,
                origin,
                self.log.epoch(),
            ));
        }
        let Some(publisher) = &self.publisher else {
            return Err(RelayError::Unavailable);
        };
        Ok(publisher.publish(&batch).await?)
    }

    /// Sends what parked requests have waiting, one request after the other.
    async fn retry<C: tokio_postgres::GenericClient>(
        &mut self,
        client: &C,
        parked: &mut BTreeMap<parked::Key, Position>,
        up_to: Position,
    ) -> Result<(), RelayError> {
        for (key, from) in parked.clone() {
            let stream = self.log.read_stream(&key.0, key.1, 0).await?;
            let mut events = Vec::with_capacity(stream.len());
            for recorded in stream {
                if recorded.position >= from && recorded.position <= up_to {
                    events.push(read(recorded)?);
                }
            }
            if self.publish(&events, &BTreeMap::new()).await?.is_empty() {
                parked::unpark(client, self.name(), &key).await?;
                parked.remove(&key);
            }
        }
        Ok(())
    }

    fn reader(&self) -> Reader {
        Reader {
            name: self.name().to_owned(),
            epoch: self.log.epoch(),
            owner: self.owner,
            lease_ms: LEASE_MS,
        }
    }

    fn name(&self) -> &'static str {
        match self.lane {
            Lane::Ordinary => "relay/ordinary",
            Lane::Restricted => "relay/restricted",
        }
    }

    fn report(&self, position: Position, behind: i64, parked: usize) {
        self.status.send_modify(|status| {
            status.connected = true;
            status.trouble = None;
            status.position = position;
            status.behind = behind;
            status.parked = parked;
        });
        let gauge = |value: i64| f64::from(i32::try_from(value).unwrap_or(i32::MAX));
        metrics::gauge!("rfa_relay_behind", "lane" => self.name()).set(gauge(behind));
        metrics::gauge!("rfa_relay_parked", "lane" => self.name())
            .set(gauge(i64::try_from(parked).unwrap_or(i64::MAX)));
    }

    /// The backlog is visible while the broker is away.
    async fn look_behind(&self) {
        if let Ok(head) = self.log.head().await
            && let Ok(client) = self.pool.get().await
            && let Ok(Some(at)) = self.reader().lease(&**client).await
        {
            self.status.send_modify(|status| {
                status.position = at;
                status.behind = head.0 - at.0;
            });
            metrics::gauge!("rfa_relay_behind", "lane" => self.name())
                .set(f64::from(i32::try_from(head.0 - at.0).unwrap_or(i32::MAX)));
        }
    }
}

fn key_of(recorded: &Recorded) -> parked::Key {
    (recorded.authority.to_string(), recorded.stream)
}

/// Declarations are for this system alone; a hole would mean a lost event.
fn decode(
    after: Position,
    page: Vec<Recorded>,
) -> Result<Vec<(Recorded, RequestEvent)>, RelayError> {
    let mut events = Vec::with_capacity(page.len());
    for (recorded, expected) in page.into_iter().zip(after.0 + 1..) {
        if recorded.position.0 != expected {
            return Err(RelayError::Gap {
                expected: Position(expected),
                found: recorded.position,
            });
        }
        if recorded.stream_kind == StreamKind::Request {
            events.push(read(recorded)?);
        }
    }
    Ok(events)
}

fn read(recorded: Recorded) -> Result<(Recorded, RequestEvent), RelayError> {
    match codec::decode(
        &recorded.event_type,
        recorded.schema_version,
        &recorded.body,
    ) {
        Ok(event) => Ok((recorded, event)),
        Err(error) => Err(RelayError::Unreadable {
            position: recorded.position,
            why: error.to_string(),
        }),
    }
}
