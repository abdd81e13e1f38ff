//! A read table written whole: request after request from its events alone, by COPY, and its indexes
//! last. Nothing is loaded and nothing is rewritten, and one request is in memory at a time.

use super::Projection;
use super::copy::Copy;
use super::page::{Entry, Known, declares, decode_one, recounts};
use super::parked::{NOTHING_DECLARED, guarded};
use super::runner::RunnerError;
use super::shape;
use super::store::{Parked, RequestKey};
use crate::domain::declared::Declared;
use crate::log::{Log, Position, Recorded};
use deadpool_postgres::Transaction;
use std::collections::BTreeMap;
use std::sync::Arc;

/// What was in force from each position on, for everybody who asks about the past.
struct History {
    /// By authority, in order; the last one up to a position holds.
    declared: BTreeMap<Arc<str>, Vec<Moment>>,
}

struct Moment {
    at: Position,
    declared: Declared,
    /// Days and hours may count otherwise from here on.
    recounts: bool,
}

impl History {
    /// Declarations that follow one another at once hold together, as they do where pages are cut.
    fn of(declarations: &[Recorded]) -> Result<Self, RunnerError> {
        let mut known = Known::default();
        let mut declared: BTreeMap<Arc<str>, Vec<Moment>> = BTreeMap::new();
        let mut run = Position(0)..Position(0);
        for event in declarations.iter().filter(|event| declares(event)) {
            if event.position.0 != run.end.0 + 1 {
                run.start = event.position;
            }
            run.end = event.position;
            known.take(event)?;
            let Some(now) = known.find(&event.authority) else {
                continue;
            };
            let moments = declared.entry(Arc::clone(&event.authority)).or_default();
            let mut moment = Moment {
                at: event.position,
                declared: now.clone(),
                recounts: recounts(event),
            };
            if let Some(before) = moments.pop_if(|before| before.at >= run.start) {
                moment.recounts |= before.recounts;
            }
            moments.push(moment);
        }
        Ok(Self { declared })
    }

    fn moments(&self, authority: &str) -> &[Moment] {
        self.declared.get(authority).map_or(&[], Vec::as_slice)
    }
}

/// Events of one request so far folded.
struct Story<P: Projection> {
    key: RequestKey,
    rows: Vec<P::Row>,
    /// Of the moments, the first that lies after what was folded.
    next: usize,
    at: Position,
    parked: Option<Parked>,
}

impl<P: Projection> Story<P> {
    fn begin(key: RequestKey) -> Self {
        Self {
            key,
            rows: Vec::new(),
            next: 0,
            at: Position(0),
            parked: None,
        }
    }

    /// Declarations between the last event and `up_to` act on what is there.
    fn pass(&mut self, moments: &[Moment], up_to: Position) {
        while let Some(moment) = moments.get(self.next).filter(|m| m.at <= up_to) {
            self.next += 1;
            let has_begun = self.at > Position(0);
            if P::RECOUNT.is_some() && moment.recounts && has_begun {
                let declared = &moment.declared;
                self.attempt(moment.at, |rows| P::recount(rows, declared));
            }
        }
    }

    fn follow(&mut self, event: Recorded, moments: &[Moment]) {
        let at = event.position;
        self.pass(moments, at);
        self.at = at;
        let declared = self.next.checked_sub(1).map(|last| &moments[last].declared);
        let entry = decode_one(Arc::new(event));
        self.attempt(at, |rows| match (&entry, declared) {
            (Entry::Request(decoded), Some(declared)) => P::fold(rows, decoded, declared),
            (Entry::Unreadable { why, .. }, _) => Err(why.clone()),
            (Entry::Request(_) | Entry::Declaration | Entry::Calendars { .. }, _) => {
                Err(NOTHING_DECLARED.to_owned())
            }
        });
    }

    /// Rows of a request that fails stay as they were before.
    fn attempt(
        &mut self,
        at: Position,
        change: impl FnOnce(&mut Vec<P::Row>) -> Result<(), String>,
    ) {
        if self.parked.is_some() {
            return;
        }
        let before = self.rows.clone();
        if let Err(reason) = guarded(|| change(&mut self.rows)) {
            self.rows = before;
            self.parked = Some(Parked {
                request: self.key.clone(),
                from: at,
                reason,
            });
        }
    }
}

/// A new table with all that the log holds up to a position.
pub(super) struct Bulk<'a> {
    pub(super) log: &'a Log,
    pub(super) up_to: Position,
    /// Hears how many events were read.
    pub(super) progress: &'a (dyn Fn(i64) + Sync),
}

impl Bulk<'_> {
    /// Makes the table and fills it; what has to be parked.
    pub(super) async fn write<P: Projection>(
        &self,
        transaction: &Transaction<'_>,
        table: &str,
    ) -> Result<Vec<Parked>, RunnerError> {
        let mut declarations = self.log.read_declared(Position(0)).await?;
        declarations.retain(|event| event.position <= self.up_to);
        let history = History::of(&declarations)?;
        shape::create_bare::<P, _>(transaction, table).await?;
        let mut copy = Copy::into(transaction, table).await?;
        let mut parked = Vec::new();
        let mut story: Option<Story<P>> = None;
        let mut pages = self.log.by_stream(self.up_to);
        let mut read = 0;
        while let Some(page) = pages.next().await? {
            for event in page {
                read += 1;
                let key = (event.authority.to_string(), event.stream);
                if story.as_ref().is_none_or(|story| story.key != key) {
                    let ended = story.replace(Story::begin(key));
                    parked.extend(self.end(ended, &history, &mut copy).await?);
                }
                if let Some(story) = &mut story {
                    let moments = history.moments(&story.key.0);
                    story.follow(event, moments);
                }
            }
            (self.progress)(read);
        }
        parked.extend(self.end(story, &history, &mut copy).await?);
        copy.finish().await?;
        shape::index::<P, _>(transaction, table).await?;
        Ok(parked)
    }

    async fn end<P: Projection>(
        &self,
        story: Option<Story<P>>,
        history: &History,
        copy: &mut Copy<'_>,
    ) -> Result<Option<Parked>, RunnerError> {
        let Some(mut story) = story else {
            return Ok(None);
        };
        story.pass(history.moments(&story.key.0), self.up_to);
        for row in &story.rows {
            copy.push(row).await?;
        }
        Ok(story.parked)
    }
}
