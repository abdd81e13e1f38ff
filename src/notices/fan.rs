//! From a page of the log to what is on its way: whoever subscribed and may know of an event gets it.

use super::delivering::NoticeError;
use super::occasion::Occasion;
use super::subscription::Channel;
use crate::commands::Registry;
use crate::domain::declared::Declared;
use crate::domain::ids::PrincipalId;
use crate::domain::request::actor::{Principal, PrincipalKind};
use crate::domain::request::codec;
use crate::domain::request::event::RequestEvent;
use crate::domain::request::state::RequestState;
use crate::log::cursor::Reader;
use crate::log::{Audience, Log, Position};
use crate::relay::message::{Party, parties};
use crate::relay::origin::Origins;
use crate::relay::page::{Event, Page};
use crate::relay::parked::{self, Parked};
use std::collections::BTreeSet;
use tokio_postgres::Row;
use uuid::Uuid;

const PAGE_EVENTS: i64 = 256;

pub(super) struct Fan {
    log: Log,
    registry: Registry,
    origins: Origins,
    /// Requests that this build cannot follow; read once this replica has the lease.
    parked: Option<Parked>,
}

struct Subscriber {
    id: Uuid,
    authority: String,
    principal: PrincipalId,
    channel: Channel,
    occasions: BTreeSet<Occasion>,
    after: Position,
}

impl Subscriber {
    fn read(row: &Row) -> Option<Self> {
        let occasions: Option<Vec<String>> = row.get(4);
        let occasions = occasions.unwrap_or_default();
        Some(Self {
            id: row.get(0),
            authority: row.get(1),
            principal: PrincipalId::parse(row.get(2)).ok()?,
            channel: Channel::find(row.get(3))?,
            occasions: occasions
                .iter()
                .filter_map(|code| code.parse().ok())
                .collect(),
            after: Position(row.get(5)),
        })
    }
}

/// The columns of `sql/enqueue.sql`.
#[derive(Default)]
struct OnTheirWay {
    subscriptions: Vec<Uuid>,
    positions: Vec<i64>,
    streams: Vec<Uuid>,
    occasions: Vec<Option<&'static str>>,
}

impl OnTheirWay {
    fn push(&mut self, subscriber: &Subscriber, event: &Event, occasion: Option<Occasion>) {
        self.subscriptions.push(subscriber.id);
        self.positions.push(event.recorded.position.0);
        self.streams.push(event.recorded.stream);
        self.occasions.push(occasion.map(Occasion::as_str));
    }
}

impl Fan {
    pub(super) fn new(registry: Registry) -> Self {
        Self {
            log: registry.log().clone(),
            registry,
            origins: Origins::default(),
            parked: None,
        }
    }

    /// Another replica has the lease: what is parked may be another when it is ours again.
    pub(super) fn forget(&mut self) {
        self.parked = None;
    }

    /// The next page, enqueued with the cursor in one transaction: where it ends, and whether it was
    /// full. `None` at the end of the log. A request with an event that this build cannot read is
    /// parked, and the others go on.
    ///
    /// # Errors
    /// When the log is out of reach or somebody else moved the cursor.
    pub(super) async fn page(
        &mut self,
        reader: &Reader,
        cursor: Position,
    ) -> Result<Option<(Position, bool)>, NoticeError> {
        let mut waiting = match self.parked.take() {
            Some(waiting) => waiting,
            None => self.retry(reader, cursor).await?,
        };
        let recorded = self.log.read_after(cursor, PAGE_EVENTS).await?;
        if recorded.is_empty() {
            self.parked = Some(waiting);
            return Ok(None);
        }
        let is_full = i64::try_from(recorded.len()) == Ok(PAGE_EVENTS);
        let mut page = Page::decode(cursor, recorded)?;
        if page.declares {
            self.registry.refresh().await?;
        }
        page.leave_out(&waiting);
        self.learn(&mut page).await?;
        let to = page.to;
        for ((authority, request), waits) in &page.unreadable {
            let (position, why) = (waits.from.0, &waits.reason);
            tracing::error!(authority, %request, position, why, "a request is parked for notices");
        }
        self.enqueue(reader, (cursor, to), &page, &[]).await?;
        waiting.append(&mut page.unreadable);
        self.parked = Some(waiting);
        Ok(Some((to, is_full)))
    }

    /// What is parked, after a try whether this build can read it: then it goes on from where it
    /// stopped.
    async fn retry(&mut self, reader: &Reader, cursor: Position) -> Result<Parked, NoticeError> {
        let mut waiting = {
            let client = self.log.pool().get().await?;
            parked::load(&**client, &reader.name).await?
        };
        for (key, waits) in waiting.clone() {
            let mut page = Page::again(&self.log, &key, (waits.from, cursor)).await?;
            self.learn(&mut page).await?;
            if page.unreadable.is_empty() {
                let free = [key.clone()];
                self.enqueue(reader, (cursor, cursor), &page, &free).await?;
                waiting.remove(&key);
            }
        }
        Ok(waiting)
    }

    /// Every event's request by its opening act; one without is unreadable as a whole.
    async fn learn(&mut self, page: &mut Page) -> Result<(), NoticeError> {
        self.origins.learn(&self.log, &page.events).await?;
        for event in std::mem::take(&mut page.events) {
            if self.origins.find(&event.recorded).is_some() {
                page.events.push(event);
            } else {
                let why = "the request has no opening act that can be read";
                page.refuse(&event.recorded, why.to_owned());
            }
        }
        Ok(())
    }

    /// In one transaction: the cursor, what is on its way, what is parked and what is free again.
    async fn enqueue(
        &self,
        reader: &Reader,
        (from, to): (Position, Position),
        page: &Page,
        free: &[(String, Uuid)],
    ) -> Result<(), NoticeError> {
        let mut client = self.log.pool().get().await?;
        let transaction = client.transaction().await?;
        // The cursor first: from here on a new subscription waits, and starts behind this page.
        if !reader.advance(&*transaction, from, to).await? {
            return Err(NoticeError::LostLease);
        }
        let statement = transaction
            .prepare_cached(include_str!("sql/subscribers.sql"))
            .await?;
        let rows = transaction.query(&statement, &[]).await?;
        let subscribers: Vec<Subscriber> = rows.iter().filter_map(Subscriber::read).collect();
        let OnTheirWay {
            subscriptions,
            positions,
            streams,
            occasions,
        } = self.address(&page.events, &subscribers).await?;
        if !positions.is_empty() {
            transaction
                .execute(
                    include_str!("sql/enqueue.sql"),
                    &[&subscriptions, &positions, &streams, &occasions],
                )
                .await?;
        }
        parked::unpark(&*transaction, &reader.name, free).await?;
        if !page.unreadable.is_empty() {
            parked::park(&*transaction, &reader.name, &page.unreadable).await?;
        }
        transaction.commit().await?;
        Ok(())
    }

    async fn address(
        &self,
        events: &[Event],
        subscribers: &[Subscriber],
    ) -> Result<OnTheirWay, NoticeError> {
        let mut on_their_way = OnTheirWay::default();
        for event in events {
            let recorded = &event.recorded;
            let Some(origin) = self.origins.find(recorded) else {
                continue;
            };
            let concerned = |subscriber: &&Subscriber| {
                subscriber.authority == *recorded.authority && subscriber.after < recorded.position
            };
            let concerned: Vec<&Subscriber> = subscribers.iter().filter(concerned).collect();
            if concerned.is_empty() {
                continue;
            }
            let declared = self.registry.of(&recorded.authority);
            let parties = parties(&event.event, origin);
            let heard = self.hears(event, &declared, &concerned).await?;
            for subscriber in concerned {
                // Whoever has lost every role is told nothing more.
                let Some(principal) = declared.find_principal(&subscriber.principal) else {
                    continue;
                };
                match (subscriber.channel, &heard) {
                    (Channel::Webhook, _) if is_of(principal, &parties) => {
                        on_their_way.push(subscriber, event, None);
                    }
                    (Channel::Mail, Some(heard)) => {
                        let occasion = heard.find_for(subscriber, principal, &parties);
                        if occasion.is_some() {
                            on_their_way.push(subscriber, event, occasion);
                        }
                    }
                    (Channel::Webhook | Channel::Mail, _) => {}
                }
            }
        }
        Ok(on_their_way)
    }

    /// What the event is for whoever asked, if somebody wants e-mail. A concern that was passed on is
    /// told by nobody's mail.
    async fn hears(
        &self,
        event: &Event,
        declared: &Declared,
        concerned: &[&Subscriber],
    ) -> Result<Option<Heard>, NoticeError> {
        let recorded = &event.recorded;
        let asked = concerned.iter().any(|one| one.channel == Channel::Mail);
        if !asked || recorded.audience == Audience::Restricted {
            return Ok(None);
        }
        let before = self
            .log
            .read_stream(&recorded.authority, recorded.stream, 0)
            .await?;
        let until = before.iter().filter(|one| one.version <= recorded.version);
        let history: Result<Vec<RequestEvent>, _> = until
            .map(|one| codec::decode(&one.event_type, one.schema_version, &one.body))
            .collect();
        let history = match history {
            Ok(history) => history,
            // Nobody can be told what it was; whoever waits for others goes on.
            Err(error) => {
                tracing::error!(position = %recorded.position, %error, "no letter can be written");
                metrics::counter!("rfa_letters_unwritten_total").increment(1);
                return Ok(None);
            }
        };
        let state = RequestState::fold(history.iter());
        let Some(request) = state.find() else {
            return Ok(None);
        };
        let Some(workflow) = declared.find_workflow(&request.opening.definition) else {
            return Ok(None);
        };
        let earlier: Vec<&RequestEvent> = history.iter().take(history.len() - 1).collect();
        Ok(Some(Heard {
            occasions: Occasion::of(&event.event, &earlier, &workflow.definition),
            requester: request.requester.clone(),
        }))
    }
}

struct Heard {
    /// What matters most first.
    occasions: Vec<Occasion>,
    requester: PrincipalId,
}

impl Heard {
    /// The first that they chose: a person hears of what they asked for, a service account of what its
    /// agency did.
    fn find_for(
        &self,
        subscriber: &Subscriber,
        who: &Principal,
        parties: &[Party<'_>],
    ) -> Option<Occasion> {
        let theirs = match who.kind {
            PrincipalKind::Person => who.id == self.requester,
            PrincipalKind::ServiceAccount => who
                .agency()
                .is_some_and(|agency| parties.contains(&Party::Agency(agency.as_str()))),
        };
        let mut occasions = self.occasions.iter().copied();
        let chosen = occasions.find(|occasion| subscriber.occasions.contains(occasion));
        chosen.filter(|_| theirs && !who.grants.is_empty())
    }
}

/// Of the agency that asks, or of a team that has the request or had it until now.
pub(super) fn is_of(principal: &Principal, parties: &[Party<'_>]) -> bool {
    principal.kind == PrincipalKind::ServiceAccount
        && parties.iter().any(|party| match party {
            Party::Team(code) => {
                let mut teams = principal
                    .grants
                    .iter()
                    .filter_map(|grant| grant.team.as_ref());
                teams.any(|team| team.as_str() == *code)
            }
            Party::Agency(code) => {
                let mut agencies = principal.grants.iter().filter_map(|g| g.agency.as_ref());
                agencies.any(|agency| agency.as_str() == *code)
            }
        })
}
