//! Requests whose messages no queue takes: they wait here, the others go on.

use super::message::Route;
use crate::log::Position;
use std::collections::BTreeMap;
use tokio_postgres::GenericClient;
use uuid::Uuid;

/// Authority and request.
pub(crate) type Key = (String, Uuid);

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Waiting {
    /// Of the first event that has to be sent again.
    pub(crate) from: Position,
    /// The same for all requests that wait for the same thing.
    pub(crate) reason: String,
}

impl Waiting {
    pub(super) fn for_route(from: Position, route: &Route) -> Self {
        let reason = no_queue_took(route);
        Self { from, reason }
    }

    /// Whether it is that route that is waited for.
    pub(super) fn is_for(&self, route: &Route) -> bool {
        self.reason == no_queue_took(route)
    }
}

/// Shown to whoever operates the system; also how a route is recognised.
fn no_queue_took(route: &Route) -> String {
    format!("no queue took {route}")
}

pub(crate) type Parked = BTreeMap<Key, Waiting>;

/// A request waits from its lowest position: what comes later waits with it.
pub(super) fn keep_lowest(parked: &mut Parked, key: Key, waiting: Waiting) {
    let known = parked.get(&key);
    if known.is_none_or(|known| waiting.from < known.from) {
        parked.insert(key, waiting);
    }
}

pub(crate) async fn load<C: GenericClient>(
    client: &C,
    lane: &str,
) -> Result<Parked, tokio_postgres::Error> {
    let statement = include_str!("sql/parked.sql");
    let rows = client.query(statement, &[&lane]).await?;
    let waiting = |row: &tokio_postgres::Row| Waiting {
        from: Position(row.get(2)),
        reason: row.get(3),
    };
    Ok(rows
        .iter()
        .map(|row| ((row.get(0), row.get(1)), waiting(row)))
        .collect())
}

/// A request that is parked already waits from then on for the new reason.
pub(crate) async fn park<C: GenericClient>(
    client: &C,
    lane: &str,
    waiting: &Parked,
) -> Result<(), tokio_postgres::Error> {
    if waiting.is_empty() {
        return Ok(());
    }
    let (authorities, streams) = columns(waiting.keys());
    let from: Vec<i64> = waiting.values().map(|waiting| waiting.from.0).collect();
    let reasons: Vec<&str> = waiting.values().map(|w| w.reason.as_str()).collect();
    client
        .execute(
            include_str!("sql/park.sql"),
            &[&lane, &authorities, &streams, &from, &reasons],
        )
        .await?;
    Ok(())
}

pub(crate) async fn unpark<C: GenericClient>(
    client: &C,
    lane: &str,
    keys: &[Key],
) -> Result<(), tokio_postgres::Error> {
    if keys.is_empty() {
        return Ok(());
    }
    let (authorities, streams) = columns(keys.iter());
    client
        .execute(
            include_str!("sql/unpark.sql"),
            &[&lane, &authorities, &streams],
        )
        .await?;
    Ok(())
}

fn columns<'k>(keys: impl Iterator<Item = &'k Key>) -> (Vec<&'k str>, Vec<Uuid>) {
    keys.map(|(authority, stream)| (authority.as_str(), *stream))
        .unzip()
}
