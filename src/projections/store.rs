//! The rows of a projection in Postgres: load those of a page's requests, fold, write them back.
//! Three statements a page, however many events it has, planned once a connection.

use super::Projection;
use super::page::{Decoded, Entry, Known};
use super::parked::{NOTHING_DECLARED, guarded};
use super::recount::recount;
use crate::log::Position;
use deadpool_postgres::GenericClient;
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

/// A request within an authority.
pub type RequestKey = (String, Uuid);

#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    #[error("the read tables cannot be reached: {0}")]
    Postgres(#[from] tokio_postgres::Error),
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

/// # Errors
/// When Postgres refuses.
pub async fn create<P: Projection, C: GenericClient>(
    client: &C,
    table: &str,
) -> Result<(), tokio_postgres::Error> {
    let shape = shape_of::<P>();
    let comment = format!("comment on table {table} is '{shape}';");
    client
        .batch_execute(&format!(
            "{}\n{comment}",
            P::TABLE.replace("{table}", table)
        ))
        .await
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

/// Of the table as this build writes it; kept as the table's comment.
fn shape_of<P: Projection>() -> String {
    let digest = Sha256::digest(format!("fold {}\n{}", P::FOLD, P::TABLE));
    format!(
        "shape {:x}",
        u64::from_be_bytes(std::array::from_fn(|i| digest[i]))
    )
}

/// A live table that another build made is made anew, empty, with its cursor at the beginning.
/// `true` when it was; until it has caught up, readers see how far it is.
///
/// # Errors
/// When Postgres refuses.
pub async fn reshape<P: Projection>(
    client: &mut deadpool_postgres::Client,
    cursor: &str,
) -> Result<bool, StoreError> {
    let table = live_table::<P>();
    let row = client
        .query_one(include_str!("sql/table_shape.sql"), &[&table])
        .await?;
    let (exists, shape): (bool, Option<String>) = (row.get(0), row.get(1));
    if !exists || shape == Some(shape_of::<P>()) {
        return Ok(false);
    }
    let transaction = client.transaction().await?;
    transaction
        .batch_execute(&format!("drop table {table}"))
        .await?;
    create::<P, _>(&transaction, &table).await?;
    unpark(&transaction, P::NAME).await?;
    transaction
        .execute(include_str!("sql/rewind.sql"), &[&cursor])
        .await?;
    transaction.commit().await?;
    tracing::info!(
        projection = P::NAME,
        "a table of another build is made anew"
    );
    Ok(true)
}

/// Applies a page; returns the streams that have to be parked from now on.
///
/// # Errors
/// When Postgres refuses or a stored row is not one of ours.
pub async fn apply<P: Projection, C: GenericClient>(
    client: &C,
    table: &str,
    entries: &[Entry],
    known: &Known,
    parked: &BTreeSet<RequestKey>,
) -> Result<Vec<Parked>, StoreError> {
    let mut newly_parked: BTreeMap<RequestKey, Parked> = BTreeMap::new();
    let mut touched: BTreeMap<RequestKey, Vec<P::Row>> = entries
        .iter()
        .filter_map(|entry| match entry {
            Entry::Request(decoded) => Some(key_of(decoded)),
            Entry::Unreadable { .. } | Entry::Declaration | Entry::Calendars { .. } => None,
        })
        .filter(|key| !parked.contains(key))
        .map(|key| (key, Vec::new()))
        .collect();
    load::<P, C>(client, table, &mut touched).await?;
    for entry in entries {
        let (key, from, outcome) = match entry {
            Entry::Declaration | Entry::Calendars { .. } => continue,
            Entry::Unreadable { recorded, why } => {
                let key = (recorded.authority.to_string(), recorded.stream);
                (key, recorded.position, Err(why.clone()))
            }
            Entry::Request(decoded) => {
                let key = key_of(decoded);
                if parked.contains(&key) || newly_parked.contains_key(&key) {
                    continue;
                }
                let outcome = match (known.find(&key.0), touched.get_mut(&key)) {
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
    let mut failed: BTreeMap<RequestKey, Vec<P::Row>> = touched
        .extract_if(.., |key, _| newly_parked.contains_key(key))
        .map(|(key, _)| (key, Vec::new()))
        .collect();
    load::<P, C>(client, table, &mut failed).await?;
    fold_before::<P>(&mut failed, entries, known, &newly_parked);
    touched.append(&mut failed);
    write::<P, C>(client, table, &touched).await?;
    let mut newly_parked: Vec<Parked> = newly_parked.into_values().collect();
    newly_parked.extend(recount::<P, C>(client, table, entries, known, parked).await?);
    Ok(newly_parked)
}

/// A fold that failed may have left anything behind: its rows once more, up to the event before.
fn fold_before<P: Projection>(
    failed: &mut BTreeMap<RequestKey, Vec<P::Row>>,
    entries: &[Entry],
    known: &Known,
    parked: &BTreeMap<RequestKey, Parked>,
) {
    for entry in entries {
        let Entry::Request(decoded) = entry else {
            continue;
        };
        let key = key_of(decoded);
        let is_before = |parked: &Parked| decoded.recorded.position < parked.from;
        let (Some(rows), Some(declared)) = (failed.get_mut(&key), known.find(&key.0)) else {
            continue;
        };
        if parked.get(&key).is_some_and(is_before)
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

pub(super) async fn load<P: Projection, C: GenericClient>(
    client: &C,
    table: &str,
    touched: &mut BTreeMap<RequestKey, Vec<P::Row>>,
) -> Result<(), StoreError> {
    if touched.is_empty() {
        return Ok(());
    }
    let (authorities, requests) = columns(touched);
    let statement = statement(include_str!("sql/load_rows.sql"), table).replace("{key}", P::KEY);
    let statement = client.prepare_cached(&statement).await?;
    for row in client.query(&statement, &[&authorities, &requests]).await? {
        let value: Value = row.try_get(0)?;
        let row: P::Row = serde_json::from_value(value).map_err(|error| wrong(table, &error))?;
        let (authority, request) = P::request_of(&row);
        let key = (authority.to_owned(), request);
        if let Some(rows) = touched.get_mut(&key) {
            rows.push(row);
        }
    }
    Ok(())
}

pub(super) async fn write<P: Projection, C: GenericClient>(
    client: &C,
    table: &str,
    touched: &BTreeMap<RequestKey, Vec<P::Row>>,
) -> Result<(), StoreError> {
    if touched.is_empty() {
        return Ok(());
    }
    let (authorities, requests) = columns(touched);
    let delete = statement(include_str!("sql/delete_rows.sql"), table);
    let delete = client.prepare_cached(&delete).await?;
    client.execute(&delete, &[&authorities, &requests]).await?;
    let rows: Vec<&P::Row> = touched.values().flatten().collect();
    if rows.is_empty() {
        return Ok(());
    }
    let rows = serde_json::to_value(rows).map_err(|error| wrong(table, &error))?;
    let insert = statement(include_str!("sql/insert_rows.sql"), table);
    let insert = client.prepare_cached(&insert).await?;
    client.execute(&insert, &[&rows]).await?;
    Ok(())
}

fn columns<R>(touched: &BTreeMap<RequestKey, R>) -> (Vec<&str>, Vec<Uuid>) {
    touched
        .keys()
        .map(|(authority, request)| (authority.as_str(), *request))
        .unzip()
}

fn statement(template: &str, table: &str) -> String {
    template.replace("{table}", table)
}

fn wrong(table: &str, error: &serde_json::Error) -> StoreError {
    StoreError::Row {
        table: table.to_owned(),
        why: error.to_string(),
    }
}

/// # Errors
/// When Postgres refuses.
pub async fn load_parked<C: GenericClient>(
    client: &C,
    name: &str,
) -> Result<BTreeSet<RequestKey>, tokio_postgres::Error> {
    let statement = client
        .prepare_cached(include_str!("sql/parked.sql"))
        .await?;
    let rows = client.query(&statement, &[&name]).await?;
    Ok(rows.iter().map(|row| (row.get(0), row.get(1))).collect())
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
