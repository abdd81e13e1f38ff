//! Rows that stand on calendars, worked out again when one changes.

use super::Projection;
use super::page::{Entry, Known};
use super::parked::guarded;
use super::store::{Parked, RequestKey, StoreError, load, write};
use crate::log::Position;
use deadpool_postgres::GenericClient;
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

/// Requests in memory at once.
const REQUESTS_MAX: i64 = 1_000;

/// After a page: every request that the projection wants to be looked at again. What cannot be is
/// parked from the declaration on.
///
/// # Errors
/// As `store::apply`.
pub(super) async fn recount<P: Projection, C: GenericClient>(
    client: &C,
    table: &str,
    entries: &[Entry],
    known: &Known,
    parked: &BTreeSet<RequestKey>,
) -> Result<Vec<Parked>, StoreError> {
    let mut newly_parked = Vec::new();
    let Some(condition) = P::RECOUNT else {
        return Ok(newly_parked);
    };
    let statement = include_str!("sql/recount_requests.sql").replace("{condition}", condition);
    let statement = client
        .prepare_cached(&statement.replace("{table}", table))
        .await?;
    for (authority, position) in changed(entries) {
        let Some(declared) = known.find(authority) else {
            continue;
        };
        let mut after = Uuid::nil();
        loop {
            let rows = client
                .query(&statement, &[&authority, &after, &REQUESTS_MAX])
                .await?;
            let requests = rows.iter().map(|row| (authority.to_owned(), row.get(0)));
            let mut touched: BTreeMap<RequestKey, Vec<P::Row>> =
                requests.map(|key| (key, Vec::new())).collect();
            let Some(((_, last), _)) = touched.last_key_value() else {
                break;
            };
            after = *last;
            touched.retain(|key, _| !parked.contains(key));
            load::<P, C>(client, table, &mut touched).await?;
            // Rows of those that fail stay as they were.
            touched.retain(|key, rows| {
                let outcome = guarded(|| P::recount(rows, declared));
                newly_parked.extend(outcome.as_ref().err().map(|reason| Parked {
                    request: key.clone(),
                    from: position,
                    reason: reason.clone(),
                }));
                outcome.is_ok()
            });
            write::<P, C>(client, table, &touched).await?;
        }
    }
    Ok(newly_parked)
}

/// Authorities whose calendars changed, each once, with the last position that changed them.
fn changed(entries: &[Entry]) -> BTreeMap<&str, Position> {
    let changed = entries.iter().filter_map(|entry| match entry {
        Entry::Calendars {
            authority,
            position,
        } => Some((&**authority, *position)),
        Entry::Request(_) | Entry::Unreadable { .. } | Entry::Declaration => None,
    });
    changed.collect()
}
