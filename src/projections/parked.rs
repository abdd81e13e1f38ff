//! Streams that a projection cannot follow: who they are and why, and another chance for them.
//!
//! A new build may read what the last one could not, and a declaration may bring the calendar that
//! was missing. A stream is folded from its first event again, by what was in force at each.

use super::page::{Entry, Known, decode_one};
use super::rows::{Rows, load, write};
use super::runner::{Runner, RunnerError};
use super::shards::{SHARDS, Shards, Unit, cursors};
use super::store::{RequestKey, live_table};
use super::{NAMES, Projection, QueryError, ReadPool, Visitor};
use crate::log::{Position, Recorded, StreamKind};
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use uuid::Uuid;

/// Streams tried in one go; the rest waits for the next occasion or a rebuild.
const STREAMS_MAX: i64 = 256;

/// One stream, for whoever has to do something about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParkedStream {
    pub projection: String,
    pub authority: String,
    pub request: Uuid,
    /// Of the first event that could not be followed.
    pub from: Position,
    pub reason: String,
}

/// Of all projections, the oldest first.
///
/// # Errors
/// When Postgres is out of reach.
pub async fn list_parked(pool: &ReadPool) -> Result<Vec<ParkedStream>, QueryError> {
    let client = pool.get().await?;
    let statement = include_str!("sql/parked_streams.sql");
    let rows = client.query(statement, &[&NAMES.as_slice()]).await?;
    let parked = rows.iter().map(|row| ParkedStream {
        projection: row.get(0),
        authority: row.get(1),
        request: row.get(2),
        from: Position(row.get(3)),
        reason: row.get(4),
    });
    Ok(parked.collect())
}

pub(super) async fn parked_counts(pool: &ReadPool) -> Result<HashMap<String, i64>, QueryError> {
    let client = pool.get().await?;
    let statement = include_str!("sql/parked_counts.sql");
    let rows = client.query(statement, &[]).await?;
    Ok(rows.iter().map(|row| (row.get(0), row.get(1))).collect())
}

/// Parked streams folded again up to the cursors, which stay where they are. Those that fail again
/// stay as they are.
pub(super) struct TryAgain<'a> {
    pub(super) runner: &'a Runner,
    pub(super) shards: Shards,
    pub(super) cursor: Position,
}

impl Visitor for TryAgain<'_> {
    type Output = Result<(), RunnerError>;

    async fn visit<P: Projection>(&self) -> Self::Output {
        let mut client = self.runner.pool.get().await?;
        let oldest = include_str!("sql/oldest_parked.sql");
        let oldest = client.prepare_cached(oldest).await?;
        let (shards, number) = (self.shards.numbers(), SHARDS as i32);
        let rows = client
            .query(&oldest, &[&P::NAME, &STREAMS_MAX, &shards, &number])
            .await?;
        if rows.is_empty() {
            return Ok(());
        }
        let keys: Vec<RequestKey> = rows.iter().map(|row| (row.get(0), row.get(1))).collect();
        let free = self.runner.fold_again::<P>(&keys, self.cursor).await?;
        let transaction = client.transaction().await?;
        let names = Unit::of(P::NAME).filter(|unit| self.shards.has(unit.shard));
        let names = cursors(names);
        // The leases are still ours, and the rows are of this place.
        let stay = (self.cursor, self.cursor);
        let leases = self.runner.leases();
        let stayed = leases.advance(&transaction, &names, stay).await?;
        if free.is_empty() || stayed.len() != names.len() {
            return Ok(());
        }
        let table = live_table::<P>();
        let mut before: Rows<P> = free.keys().map(|key| (key.clone(), Vec::new())).collect();
        load::<P>(&transaction, &table, &mut before).await?;
        write::<P>(&transaction, &table, (&before, &free)).await?;
        for (authority, stream) in free.keys() {
            let unpark = include_str!("sql/unpark_stream.sql");
            transaction
                .execute(unpark, &[&P::NAME, authority, stream])
                .await?;
            tracing::info!(projection = P::NAME, %stream, "a parked stream goes on");
        }
        transaction.commit().await?;
        Ok(())
    }
}

impl Runner {
    /// Rows of the streams that can be followed now.
    async fn fold_again<P: Projection>(
        &self,
        keys: &[RequestKey],
        cursor: Position,
    ) -> Result<Rows<P>, RunnerError> {
        let mut events = self.log.read_declared(Position(0)).await?;
        for (authority, stream) in keys {
            events.extend(self.log.read_stream(authority, *stream, 0).await?);
        }
        events.retain(|event| event.position <= cursor);
        events.sort_unstable_by_key(|event| event.position);
        let mut folded: BTreeMap<RequestKey, Result<Vec<P::Row>, String>> = BTreeMap::new();
        let mut known = Known::default();
        for event in events {
            if event.stream_kind == StreamKind::Request {
                fold_one::<P>(&mut folded, event, &known);
            } else {
                known.take(&event)?;
            }
        }
        let mut free = BTreeMap::new();
        for (key, rows) in folded {
            let Ok(mut rows) = rows else { continue };
            let declared = known.find(&key.0);
            if declared.is_some_and(|declared| guarded(|| P::recount(&mut rows, declared)).is_ok())
            {
                free.insert(key, rows);
            }
        }
        Ok(free)
    }
}

fn fold_one<P: Projection>(
    folded: &mut BTreeMap<RequestKey, Result<Vec<P::Row>, String>>,
    event: Recorded,
    known: &Known,
) {
    let key = (event.authority.to_string(), event.stream);
    let rows = folded.entry(key.clone()).or_insert_with(|| Ok(Vec::new()));
    let Ok(so_far) = rows else { return };
    let outcome = match (decode_one(Arc::new(event)), known.find(&key.0)) {
        (Entry::Request(decoded), Some(declared)) => {
            guarded(|| P::fold(so_far, &decoded, declared))
        }
        (Entry::Unreadable { why, .. }, _) => Err(why),
        (Entry::Request(_) | Entry::Declaration | Entry::Calendars { .. }, _) => {
            Err(NOTHING_DECLARED.to_owned())
        }
    };
    if let Err(why) = outcome {
        *rows = Err(why);
    }
}

pub(super) const NOTHING_DECLARED: &str = "nothing is declared here";

/// A fold that panics is a fold that fails: what it says may quote data, so it is not kept.
pub(super) fn guarded(fold: impl FnOnce() -> Result<(), String>) -> Result<(), String> {
    std::panic::catch_unwind(std::panic::AssertUnwindSafe(fold))
        .unwrap_or_else(|_| Err("the fold panicked: a defect".to_owned()))
}
