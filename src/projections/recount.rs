//! Rows that stand on calendars, worked out again when one changes.

use super::Projection;
use super::page::Entry;
use super::parked::guarded;
use super::rows::{Rows, load, write};
use super::shards::SHARDS;
use super::store::{Page, Parked, StoreError};
use crate::log::Position;
use deadpool_postgres::Transaction;
use std::collections::BTreeMap;
use uuid::Uuid;

/// Requests in memory at once.
const REQUESTS_MAX: i64 = 1_000;

/// After a page: every request that the projection wants to be looked at again. What cannot be is
/// parked from the declaration on.
///
/// # Errors
/// As `store::apply`.
pub(super) async fn recount<P: Projection>(
    transaction: &Transaction<'_>,
    table: &str,
    page: &Page<'_>,
) -> Result<Vec<Parked>, StoreError> {
    let mut newly_parked = Vec::new();
    let Some(condition) = P::RECOUNT else {
        return Ok(newly_parked);
    };
    let statement = include_str!("sql/recount_requests.sql").replace("{condition}", condition);
    let statement = transaction
        .prepare_cached(&statement.replace("{table}", table))
        .await?;
    let (shards, number) = (page.shards.numbers(), SHARDS as i32);
    for (authority, position) in changed(page.entries) {
        let Some(declared) = page.known.find(authority) else {
            continue;
        };
        let mut after = Uuid::nil();
        loop {
            let rows = transaction
                .query(
                    &statement,
                    &[&authority, &after, &REQUESTS_MAX, &shards, &number],
                )
                .await?;
            let requests = rows.iter().map(|row| (authority.to_owned(), row.get(0)));
            let mut before: Rows<P> = requests.map(|key| (key, Vec::new())).collect();
            let Some(((_, last), _)) = before.last_key_value() else {
                break;
            };
            after = *last;
            before.retain(|key, _| !page.parked.contains(key));
            load::<P>(transaction, table, &mut before).await?;
            let mut counted = before.clone();
            // Rows of those that fail stay as they were.
            counted.retain(|key, rows| {
                let outcome = guarded(|| P::recount(rows, declared));
                newly_parked.extend(outcome.as_ref().err().map(|reason| Parked {
                    request: key.clone(),
                    from: position,
                    reason: reason.clone(),
                }));
                outcome.is_ok()
            });
            write::<P>(transaction, table, (&before, &counted)).await?;
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
