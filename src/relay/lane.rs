//! One lane: a loop over a named outcome, one owner by lease, one cursor.

use super::broker_error::PublishError;
use super::memory::RelayMemory;
use super::message::Lane;
use super::parked;
use super::session::{CHECK_EVERY, Session, WINDOW};
use super::status::{State, Status};
use super::topology::{UNREAD_FROM, about_dead_letters, dead_letters, unread};
use super::{RelayError, RelayOutcome};
use crate::commands::Registry;
use crate::log::cursor::Reader;
use crate::log::{Log, Position};
use std::time::{Duration, Instant};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

const LEASE_MS: i64 = 15_000;
const RENEW_AFTER: Duration = Duration::from_secs(5);
const LOOK_EVERY: Duration = Duration::from_millis(250);
const CONFIRM_DEADLINE: Duration = Duration::from_secs(30);
/// How often a wait for confirms looks whether the broker is blocked and renews the lease.
const WAIT_TICK: Duration = Duration::from_secs(1);
const BACKOFF_MS: std::ops::Range<u64> = 500..1_500;
/// What a step in progress gets at the end, before it is dropped and done again elsewhere.
const LAST_STEP: Duration = Duration::from_secs(5);

pub struct RelayLane {
    pub(super) lane: Lane,
    pub(super) registry: Registry,
    pub(super) log: Log,
    url: String,
    owner: Uuid,
    pub(super) memory: RelayMemory,
    session: Option<Session>,
    status: watch::Sender<Status>,
}

impl RelayLane {
    #[must_use]
    pub fn new(lane: Lane, registry: Registry, url: String) -> Self {
        let status = watch::Sender::new(Status::waiting());
        Self::telling(lane, registry, url, status)
    }

    /// A lane that tells how it is to whoever listened to the one before it.
    #[must_use]
    pub fn telling(
        lane: Lane,
        registry: Registry,
        url: String,
        status: watch::Sender<Status>,
    ) -> Self {
        Self {
            lane,
            log: registry.log().clone(),
            registry,
            url,
            owner: Uuid::new_v4(),
            memory: RelayMemory::default(),
            session: None,
            status,
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
            let last = async {
                shutdown.cancelled().await;
                tokio::time::sleep(LAST_STEP).await;
            };
            let outcome = tokio::select! {
                outcome = self.step() => outcome,
                () = last => break,
            };
            let pause = match outcome {
                Ok(RelayOutcome::Published(_)) => continue,
                Ok(RelayOutcome::Idle) => LOOK_EVERY,
                Ok(RelayOutcome::Elsewhere) => Duration::from_secs(1),
                Err(error) => {
                    tracing::warn!(lane = self.name(), %error, "the relay stands still");
                    Duration::from_millis(rand::random_range(BACKOFF_MS))
                }
            };
            tokio::select! {
                () = shutdown.cancelled() => {}
                () = tokio::time::sleep(pause) => {}
                rung = bell.changed(), if pause == LOOK_EVERY => if rung.is_err() { break },
            }
        }
        self.leave().await;
    }

    /// Sends on and settles the oldest page on its way.
    ///
    /// # Errors
    /// When a side is out of reach: nothing is lost, and a message may be sent again.
    pub async fn step(&mut self) -> Result<RelayOutcome, RelayError> {
        let outcome = match self.session.take() {
            Some(session) => self.go_on(session).await,
            None => self.start().await,
        };
        match outcome {
            Ok((session, outcome)) => {
                self.session = Some(session);
                Ok(outcome)
            }
            Err(RelayError::LostLease) => {
                self.stand_by(State::Elsewhere, None).await;
                Ok(RelayOutcome::Elsewhere)
            }
            Err(error) => {
                self.stand_by(State::Waiting, Some(error.to_string())).await;
                Err(error)
            }
        }
    }

    async fn start(&mut self) -> Result<(Session, RelayOutcome), RelayError> {
        let cursor = self.lease().await?;
        self.report(|status| status.position = cursor);
        let session = Session::connect(&self.url, cursor).await?;
        self.go_on(session).await
    }

    async fn go_on(&mut self, mut session: Session) -> Result<(Session, RelayOutcome), RelayError> {
        self.renew(&mut session).await?;
        session.publisher.check_open()?;
        if session.flights.is_empty() && session.must_check(&self.registry.in_force()) {
            self.check(&mut session).await?;
        }
        let outcome = if self.send_until_confirmed(&mut session).await? {
            match session.confirmed()? {
                Some(flight) => self.settle(&mut session, flight).await?,
                None => RelayOutcome::Idle,
            }
        } else {
            let (position, parked) = (session.cursor, session.parked.len());
            self.report(|status| status.go_on(position, 0, parked));
            RelayOutcome::Idle
        };
        Ok((session, outcome))
    }

    /// Until the oldest page is confirmed; what is appended meanwhile does not wait for that, wherever
    /// it was: what this replica appends rings, the others are looked for. `false` when there is
    /// nothing on its way.
    async fn send_until_confirmed(&mut self, session: &mut Session) -> Result<bool, RelayError> {
        let started = Instant::now();
        loop {
            let mut bell = self.log.appended();
            bell.mark_unchanged();
            while session.window.len() < WINDOW && !session.must_check(&self.registry.in_force()) {
                if !self.send_page(session).await? {
                    break;
                }
            }
            let Some(count) = session.flights.front().map(|flight| flight.messages) else {
                return Ok(false);
            };
            let has_room =
                session.window.len() < WINDOW && !session.must_check(&self.registry.in_force());
            let look_after = if has_room { LOOK_EVERY } else { WAIT_TICK };
            tokio::select! {
                biased;
                settled = session.window.settle(count) => {
                    settled?;
                    return Ok(true);
                }
                Ok(()) = bell.changed(), if has_room => {}
                () = tokio::time::sleep(look_after) => {}
            }
            self.wait_on(session, started).await?;
        }
    }

    /// Everything declared again, and what was parked is tried again.
    async fn check(&mut self, session: &mut Session) -> Result<(), RelayError> {
        session.follow(self.registry.in_force());
        let declared = session.publisher.declare(&session.topology).await?;
        for mismatch in &declared.mismatches {
            let (name, why) = (&mismatch.name, &mismatch.why);
            tracing::error!(name, why, "a queue is not as declared");
        }
        let dead_letters = dead_letters(&declared.depths);
        if let Some(about) = about_dead_letters(dead_letters) {
            tracing::error!(dead_letters, about, "messages belong to nobody");
        }
        let unread = unread(declared.depths, UNREAD_FROM);
        for (name, messages) in &unread {
            tracing::error!(name, messages, "a queue fills and nobody reads it");
        }
        self.report(|status| {
            status.mismatches = declared.mismatches;
            status.unread = unread;
            status.dead_letters = dead_letters;
        });
        session.parked = parked::load(&**self.log.pool().get().await?, self.name()).await?;
        let is_done = self.retry(session).await?;
        session.check_at = Instant::now() + if is_done { CHECK_EVERY } else { LOOK_EVERY };
        Ok(())
    }

    /// Until the oldest `count` messages are confirmed.
    pub(super) async fn confirm(
        &self,
        session: &mut Session,
        count: usize,
    ) -> Result<(), RelayError> {
        let started = Instant::now();
        loop {
            let settled = session.window.settle(count);
            if let Ok(settled) = tokio::time::timeout(WAIT_TICK, settled).await {
                return Ok(settled?);
            }
            self.wait_on(session, started).await?;
        }
    }

    /// Between two looks at confirms that are waited for since `started`.
    async fn wait_on(&self, session: &mut Session, started: Instant) -> Result<(), RelayError> {
        if started.elapsed() >= CONFIRM_DEADLINE {
            return Err(PublishError::Deadline {
                doing: "waiting for confirms",
                limit: CONFIRM_DEADLINE,
            }
            .into());
        }
        if session.publisher.is_blocked() {
            let why = "the broker is short of memory or disk and takes nothing".to_owned();
            self.report(|status| status.enter(State::Blocked, Some(why)));
        }
        self.renew(session).await
    }

    async fn renew(&self, session: &mut Session) -> Result<(), RelayError> {
        let now = Instant::now();
        if now.duration_since(session.renewed_at) < RENEW_AFTER {
            return Ok(());
        }
        if self.lease().await? != session.cursor {
            return Err(RelayError::LostLease);
        }
        session.renewed_at = now;
        Ok(())
    }

    async fn lease(&self) -> Result<Position, RelayError> {
        let client = self.log.pool().get().await?;
        let leased = self.reader().lease(&**client).await?;
        leased.ok_or(RelayError::LostLease)
    }

    pub(super) fn reader(&self) -> Reader {
        Reader {
            name: self.name().to_owned(),
            epoch: self.log.epoch(),
            owner: self.owner,
            lease_ms: LEASE_MS,
        }
    }

    pub(super) fn name(&self) -> &'static str {
        match self.lane {
            Lane::Ordinary => "relay/ordinary",
            Lane::Restricted => "relay/restricted",
        }
    }

    pub(super) fn report(&self, change: impl FnOnce(&mut Status)) {
        self.status.send_modify(change);
        self.status.borrow().measure(self.name());
    }

    /// The backlog is visible while the broker is away or another replica is the owner.
    async fn stand_by(&self, state: State, trouble: Option<String>) {
        let place = self.place().await;
        self.report(|status| {
            status.enter(state, trouble);
            if let Ok((position, head)) = place {
                status.position = position;
                status.behind = head.0 - position.0;
            }
        });
    }

    async fn place(&self) -> Result<(Position, Position), RelayError> {
        let client = self.log.pool().get().await?;
        let statement = include_str!("sql/position.sql");
        let row = client.query_opt(statement, &[&self.name()]).await?;
        drop(client);
        let position = row.map_or(0, |row| row.get(0));
        Ok((Position(position), self.log.head().await?))
    }

    /// The next owner may start at once.
    async fn leave(mut self) {
        if let Some(session) = self.session.take() {
            session.publisher.close().await;
        }
        if let Ok(client) = self.log.pool().get().await
            && let Err(error) = self.reader().release(&**client).await
        {
            tracing::debug!(%error, "a lease was left to run out");
        }
    }
}
