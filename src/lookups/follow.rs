//! The reader: one owner by lease; whoever may see the requests of a page is written down for each.
//!
//! Why it is right when tasks race or a crash falls in between: viewers are written before the cursor
//! moves, so a crash repeats a page and loses none. They are worked out from the whole stream as it is
//! now and not from the page, so the same page again comes to the same, or to something newer. An owner
//! that lost its lease without knowing may still write; the index takes no version older than it has.

use crate::access::viewers_of;
use crate::domain::ids::PrincipalId;
use crate::domain::request::codec;
use crate::domain::request::state::RequestState;
use crate::log::cursor::{CursorError, Reader};
use crate::log::vault::{Vault, VaultError};
use crate::log::viewer_index::ViewedRequest;
use crate::log::{AppendError, Log, Position, Recorded, StreamKind};
use crate::relay::parked::{self, Key, Parked, Waiting};
use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

pub(super) const CURSOR: &str = "lookups";
const PAGE_EVENTS: i64 = 256;
const LEASE_MS: i64 = 3_000;
const RENEW_AFTER: Duration = Duration::from_secs(1);
/// The tail says when there is more; where nobody keeps it, looking does.
const LOOK_EVERY: Duration = Duration::from_millis(250);
/// Near the head a page gathers what comes meanwhile: a transaction an event would take the cores from
/// those who send.
const GATHER: Duration = Duration::from_millis(20);
const ELSEWHERE: Duration = Duration::from_millis(500);
const AFTER_ERROR: Duration = Duration::from_secs(1);

#[derive(Debug, thiserror::Error)]
pub enum LookupError {
    #[error(transparent)]
    Log(#[from] AppendError),
    #[error(transparent)]
    Cursor(#[from] CursorError),
    #[error(transparent)]
    Vault(#[from] VaultError),
    #[error("Postgres cannot be reached")]
    Postgres(#[from] tokio_postgres::Error),
    #[error("no connection to Postgres is free")]
    Pool(#[from] deadpool_postgres::PoolError),
    #[error("the log has no position after {after}; the next is {found}")]
    Gap { after: Position, found: Position },
    #[error("another replica has taken over")]
    LostLease,
    #[error("look-ups know the log up to {position} only")]
    Behind { position: Position },
}

/// What one step came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LookupStep {
    /// So many events were followed.
    Followed(usize),
    Idle,
    /// Another replica does it.
    Elsewhere,
}

/// How the reader of this replica is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LookupStatus {
    /// Why it stands still, if it does.
    pub trouble: Option<String>,
}

/// Keeps the index by viewer.
pub struct LookupIndex {
    log: Log,
    vault: Vault,
    owner: Uuid,
    /// The cursor while the lease is ours, and when that was last renewed.
    held: Option<(Position, Instant)>,
    /// Requests that this build cannot follow; read once this replica has the lease.
    parked: Option<BTreeSet<Key>>,
    status: watch::Sender<LookupStatus>,
}

/// The requests of a page, followed or not.
#[derive(Default)]
struct FollowedPage {
    viewed: Vec<ViewedRequest>,
    unreadable: Parked,
}

impl LookupIndex {
    #[must_use]
    pub fn new(log: Log, vault: Vault, status: watch::Sender<LookupStatus>) -> Self {
        Self {
            log,
            vault,
            owner: Uuid::new_v4(),
            held: None,
            parked: None,
            status,
        }
    }

    pub async fn run(mut self, shutdown: CancellationToken) {
        let mut reached = self.log.reached();
        while !shutdown.is_cancelled() {
            reached.mark_unchanged();
            let stepped = self.step().await;
            let trouble = stepped.as_ref().err().map(ToString::to_string);
            self.status.send_if_modified(|status| {
                let is_new = status.trouble != trouble;
                status.trouble = trouble;
                is_new
            });
            let pause = match stepped {
                Ok(LookupStep::Followed(count)) if i64::try_from(count) == Ok(PAGE_EVENTS) => {
                    continue;
                }
                Ok(LookupStep::Followed(_)) => GATHER,
                Ok(LookupStep::Idle) => LOOK_EVERY,
                Ok(LookupStep::Elsewhere) => ELSEWHERE,
                Err(error) => {
                    tracing::warn!(%error, "look-ups do not follow the log");
                    // A replica that can go on may.
                    self.leave().await;
                    AFTER_ERROR
                }
            };
            tokio::select! {
                () = shutdown.cancelled() => {}
                () = tokio::time::sleep(pause) => {}
                moved = reached.changed(), if pause == LOOK_EVERY => if moved.is_err() { break },
            }
        }
        self.leave().await;
    }

    /// Follows the next page.
    ///
    /// # Errors
    /// When log or vault is out of reach: nothing is lost, and a page may be followed again.
    pub async fn step(&mut self) -> Result<LookupStep, LookupError> {
        let Some(cursor) = self.lease().await? else {
            self.parked = None;
            return Ok(LookupStep::Elsewhere);
        };
        let page = self.log.follow(cursor, PAGE_EVENTS).await?;
        let mut to = cursor;
        let mut touched: BTreeMap<Key, Position> = BTreeMap::new();
        for event in &page {
            if event.position.0 != to.0 + 1 {
                let found = event.position;
                return Err(LookupError::Gap { after: to, found });
            }
            to = event.position;
            if event.stream_kind == StreamKind::Request {
                let key = (event.authority.to_string(), event.stream);
                touched.entry(key).or_insert(to);
            }
        }
        let (parked, is_retry) = self.take_parked().await?;
        if is_retry {
            for key in &parked {
                touched.entry(key.clone()).or_insert(cursor);
            }
        }
        let followed = if touched.is_empty() {
            FollowedPage::default()
        } else {
            self.follow(&touched).await?
        };
        if !followed.viewed.is_empty() {
            self.vault
                .keep_viewers(self.log.epoch(), &followed.viewed)
                .await?;
        }
        if page.is_empty() && followed.viewed.is_empty() && followed.unreadable.is_empty() {
            self.parked = Some(parked);
            return Ok(LookupStep::Idle);
        }
        self.advance(cursor, to, &followed, parked).await?;
        Ok(match page.len() {
            0 => LookupStep::Idle,
            count => LookupStep::Followed(count),
        })
    }

    /// What is parked, and whether it was read just now: then it is tried once more.
    async fn take_parked(&mut self) -> Result<(BTreeSet<Key>, bool), LookupError> {
        if let Some(parked) = self.parked.take() {
            return Ok((parked, false));
        }
        let client = self.log.pool().get().await?;
        let parked = parked::load(&**client, CURSOR).await?;
        Ok((parked.into_keys().collect(), true))
    }

    /// Works out who may see each request, from its whole stream.
    async fn follow(&self, touched: &BTreeMap<Key, Position>) -> Result<FollowedPage, LookupError> {
        let mut by_authority: BTreeMap<&str, Vec<Uuid>> = BTreeMap::new();
        for (authority, request) in touched.keys() {
            by_authority.entry(authority).or_default().push(*request);
        }
        let mut page = FollowedPage::default();
        for (authority, requests) in by_authority {
            let everything = Position(i64::MAX);
            let events = self
                .log
                .read_streams(authority, &requests, everything)
                .await?;
            for stream in events.chunk_by(|one, next| one.stream == next.stream) {
                let Some(request) = stream.first().map(|first| first.stream) else {
                    continue;
                };
                let key = (authority.to_owned(), request);
                match viewed(authority, stream) {
                    Ok(Some(viewed)) => page.viewed.push(viewed),
                    Ok(None) => {}
                    Err(reason) => {
                        tracing::error!(authority, %request, reason, "a request is parked for look-ups");
                        let from = touched.get(&key).copied().unwrap_or_default();
                        page.unreadable.insert(key, Waiting { from, reason });
                    }
                }
            }
        }
        Ok(page)
    }

    /// In one transaction: the cursor, what is parked and what is free again.
    async fn advance(
        &mut self,
        from: Position,
        to: Position,
        page: &FollowedPage,
        mut parked: BTreeSet<Key>,
    ) -> Result<(), LookupError> {
        let free: Vec<Key> = page
            .viewed
            .iter()
            .map(|one| (one.authority.clone(), one.request))
            .filter(|key| parked.contains(key))
            .collect();
        let mut client = self.log.pool().get().await?;
        let transaction = client.transaction().await?;
        if !self.reader().advance(&*transaction, from, to).await? {
            return Err(LookupError::LostLease);
        }
        parked::unpark(&*transaction, CURSOR, &free).await?;
        parked::park(&*transaction, CURSOR, &page.unreadable).await?;
        transaction.commit().await?;
        parked.retain(|key| !free.contains(key));
        parked.extend(page.unreadable.keys().cloned());
        self.parked = Some(parked);
        self.held = self.held.map(|(_, renewed_at)| (to, renewed_at));
        Ok(())
    }

    async fn lease(&mut self) -> Result<Option<Position>, LookupError> {
        if let Some((cursor, renewed_at)) = self.held
            && renewed_at.elapsed() < RENEW_AFTER
        {
            return Ok(Some(cursor));
        }
        let client = self.log.pool().get().await?;
        let leased = self.reader().lease(&**client).await?;
        self.held = leased.map(|cursor| (cursor, Instant::now()));
        Ok(leased)
    }

    fn reader(&self) -> Reader {
        Reader {
            name: CURSOR.to_owned(),
            epoch: self.log.epoch(),
            owner: self.owner,
            lease_ms: LEASE_MS,
        }
    }

    /// The next owner may start at once.
    async fn leave(&mut self) {
        self.held = None;
        self.parked = None;
        if let Ok(client) = self.log.pool().get().await
            && let Err(error) = self.reader().release(&**client).await
        {
            tracing::debug!(%error, "a lease was left to run out");
        }
    }
}

/// Who may see a request that these events tell of; `None` before its opening act.
fn viewed(authority: &str, stream: &[Recorded]) -> Result<Option<ViewedRequest>, String> {
    let mut state = RequestState::default();
    for recorded in stream {
        recorded.check().map_err(|error| error.to_string())?;
        let (name, version) = (&recorded.event_type, recorded.schema_version);
        let event = codec::decode(name, version, &recorded.body);
        state.evolve(&event.map_err(|error| error.to_string())?);
    }
    let (Some(request), Some(first)) = (state.find(), stream.first()) else {
        return Ok(None);
    };
    // Somebody who acted for another is a service account.
    let sender = first
        .on_behalf_of
        .as_ref()
        .map(|_| PrincipalId::parse(&first.actor));
    let sender = sender.transpose().map_err(|error| error.to_string())?;
    Ok(Some(ViewedRequest {
        authority: authority.to_owned(),
        request: first.stream,
        version: request.version,
        viewers: viewers_of(request, sender.as_ref()),
    }))
}
