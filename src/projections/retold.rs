//! One request folded from its events alone, each with what was in force at it: for whoever builds a table
//! anew or asks about the past. The rows are those of a table that was kept in step all along.

use super::Projection;
use super::page::{Entry, Known, PageError, declares, decode_one, recounts};
use super::parked::{NOTHING_DECLARED, guarded};
use super::store::{Parked, RequestKey};
use crate::domain::declared::Declared;
use crate::log::{Position, Recorded};
use std::collections::BTreeMap;
use std::sync::Arc;

/// What was in force from each position on, for everybody who asks about the past.
pub(super) struct History {
    /// By authority, in order; the last one up to a position holds.
    declared: BTreeMap<Arc<str>, Vec<Moment>>,
}

pub(super) struct Moment {
    at: Position,
    declared: Declared,
    /// Days and hours may count otherwise from here on.
    recounts: bool,
}

impl History {
    /// Declarations that follow one another at once hold together, as they do where pages are cut.
    pub(super) fn of(declarations: &[Recorded]) -> Result<Self, PageError> {
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

    pub(super) fn moments(&self, authority: &str) -> &[Moment] {
        self.declared.get(authority).map_or(&[], Vec::as_slice)
    }
}

/// Events of one request so far folded.
pub(super) struct Retold<P: Projection> {
    pub(super) key: RequestKey,
    pub(super) rows: Vec<P::Row>,
    /// Of the moments, the first that lies after what was folded.
    next: usize,
    at: Position,
    pub(super) parked: Option<Parked>,
}

impl<P: Projection> Retold<P> {
    pub(super) fn begin(key: RequestKey) -> Self {
        Self {
            key,
            rows: Vec::new(),
            next: 0,
            at: Position(0),
            parked: None,
        }
    }

    /// With what was declared after its last event.
    pub(super) fn end(mut self, moments: &[Moment], up_to: Position) -> Self {
        self.pass(moments, up_to);
        self
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

    pub(super) fn follow(&mut self, event: Recorded, moments: &[Moment]) {
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
