//! A page of the log applied to a read table: load the rows of its requests, fold, write them back.

use super::Projection;
use super::page::{Decoded, Entry, Known};
use super::parked::{NOTHING_DECLARED, guarded};
use super::recount::recount;
use super::rows::{Rows, load, write};
use super::shards::Shards;
use crate::log::Position;
use deadpool_postgres::{GenericClient, Transaction};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use uuid::Uuid;

/// A request within an authority.
pub type RequestKey = (String, Uuid);

#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    #[error("the read tables cannot be reached: {0}")]
    Postgres(#[from] tokio_postgres::Error),
    #[error("the read tables cannot be reached")]
    Away,
    #[error("a row of `{table}` cannot be read or written: {why}")]
    Row { table: String, why: String },
}

/// A stream that a projection cannot follow from a position on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parked {
    pub request: RequestKey,
    pub from: Position,
    pub reason: String,
}

/// Schema-qualified name of the live table.
#[must_use]
pub fn live_table<P: Projection>() -> String {
    format!("read_model.{}", P::NAME)
}

/// Every stream of a projection gets another chance.
///
/// # Errors
/// When Postgres refuses.
pub async fn unpark<C: GenericClient>(
    client: &C,
    projection: &str,
) -> Result<(), tokio_postgres::Error> {
    let statement = include_str!("sql/unpark.sql");
    client.execute(statement, &[&projection]).await?;
    Ok(())
}

/// Entries of the log with all that is needed to fold them.
pub struct Page<'a> {
    pub entries: &'a [Entry],
    pub known: &'a Known,
    /// Streams that are left alone.
    pub parked: &'a BTreeSet<RequestKey>,
    /// Requests of other shards are left alone too.
    pub shards: Shards,
}

impl Page<'_> {
    fn is_followed(&self, key: &RequestKey) -> bool {
        self.shards.contain(key.1) && !self.parked.contains(key)
    }
}

/// Applies a page; returns the streams that have to be parked from now on.
///
/// # Errors
/// When Postgres refuses or a stored row is not one of ours.
pub async fn apply<P: Projection>(
    transaction: &Transaction<'_>,
    table: &str,
    page: &Page<'_>,
) -> Result<Vec<Parked>, StoreError> {
    let mut before: Rows<P> = page
        .entries
        .iter()
        .filter_map(|entry| match entry {
            Entry::Request(decoded) => Some(key_of(decoded)),
            Entry::Unreadable { .. } | Entry::Declaration | Entry::Calendars { .. } => None,
        })
        .filter(|key| page.is_followed(key))
        .map(|key| (key, Vec::new()))
        .collect();
    load::<P>(transaction, table, &mut before).await?;
    let mut after = before.clone();
    let newly_parked = fold::<P>(&mut after, page);
    for key in newly_parked.keys() {
        if let Some(rows) = before.get(key) {
            after.insert(key.clone(), rows.clone());
        }
    }
    fold_before::<P>(&mut after, page, &newly_parked);
    write::<P>(transaction, table, (&before, &after)).await?;
    let mut newly_parked: Vec<Parked> = newly_parked.into_values().collect();
    newly_parked.extend(recount::<P>(transaction, table, page).await?);
    Ok(newly_parked)
}

/// The first failure of each request that has one.
fn fold<P: Projection>(rows: &mut Rows<P>, page: &Page<'_>) -> BTreeMap<RequestKey, Parked> {
    let mut newly_parked: BTreeMap<RequestKey, Parked> = BTreeMap::new();
    for entry in page.entries {
        let (key, from, outcome) = match entry {
            Entry::Declaration | Entry::Calendars { .. } => continue,
            Entry::Unreadable { recorded, why } => {
                let key = (recorded.authority.to_string(), recorded.stream);
                if !page.shards.contain(key.1) {
                    continue;
                }
                (key, recorded.position, Err(why.clone()))
            }
            Entry::Request(decoded) => {
                let key = key_of(decoded);
                if !page.is_followed(&key) || newly_parked.contains_key(&key) {
                    continue;
                }
                let outcome = match (page.known.find(&key.0), rows.get_mut(&key)) {
                    (Some(declared), Some(rows)) => guarded(|| P::fold(rows, decoded, declared)),
                    (None, _) | (_, None) => Err(NOTHING_DECLARED.to_owned()),
                };
                (key, decoded.recorded.position, outcome)
            }
        };
        if let Err(reason) = outcome {
            newly_parked.entry(key.clone()).or_insert(Parked {
                request: key,
                from,
                reason,
            });
        }
    }
    newly_parked
}

/// A fold that failed may have left anything behind: its rows once more, up to the event before.
fn fold_before<P: Projection>(
    rows: &mut Rows<P>,
    page: &Page<'_>,
    parked: &BTreeMap<RequestKey, Parked>,
) {
    for entry in page.entries {
        let Entry::Request(decoded) = entry else {
            continue;
        };
        let key = key_of(decoded);
        let is_before = |parked: &Parked| decoded.recorded.position < parked.from;
        if !parked.get(&key).is_some_and(is_before) {
            continue;
        }
        if let (Some(rows), Some(declared)) = (rows.get_mut(&key), page.known.find(&key.0))
            && let Err(reason) = guarded(|| P::fold(rows, decoded, declared))
        {
            tracing::error!(
                projection = P::NAME,
                reason,
                "a fold fails the second time only"
            );
        }
    }
}

fn key_of(decoded: &Decoded) -> RequestKey {
    (
        decoded.recorded.authority.to_string(),
        decoded.recorded.stream,
    )
}

/// By the name of the projection.
///
/// # Errors
/// When Postgres refuses.
pub async fn load_parked<C: GenericClient>(
    client: &C,
    names: &[&str],
) -> Result<HashMap<String, BTreeSet<RequestKey>>, tokio_postgres::Error> {
    let statement = client
        .prepare_cached(include_str!("sql/parked.sql"))
        .await?;
    let mut parked: HashMap<String, BTreeSet<RequestKey>> = HashMap::new();
    for row in client.query(&statement, &[&names]).await? {
        let of = parked.entry(row.get(0)).or_default();
        of.insert((row.get(1), row.get(2)));
    }
    Ok(parked)
}

/// # Errors
/// When Postgres refuses.
pub async fn park<C: GenericClient>(
    client: &C,
    name: &str,
    parked: &[Parked],
) -> Result<(), tokio_postgres::Error> {
    for one in parked {
        let (authority, stream) = &one.request;
        let statement = include_str!("sql/park.sql");
        client
            .execute(
                statement,
                &[&name, authority, stream, &one.from.0, &one.reason],
            )
            .await?;
        tracing::error!(projection = name, %stream, position = %one.from, "a stream is parked");
    }
    Ok(())
}
