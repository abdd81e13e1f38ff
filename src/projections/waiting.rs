//! What a team holds, each request with the runs of its clocks that are open.

use super::request_list::RequestRow;
use super::{QueryError, ReadPool};
use crate::domain::ids::{Authority, TeamId};
use crate::domain::time::clock::Spell;
use serde::de::DeserializeOwned;
use serde_json::Value;

pub struct Waiting {
    pub row: RequestRow,
    pub spells: Vec<Spell>,
}

/// Longest wait first, at most so many. The two tables may be an event apart.
///
/// # Errors
/// When the read tables are out of reach.
pub async fn query(
    pool: &ReadPool,
    authority: &Authority,
    (team, limit): (&TeamId, i64),
) -> Result<Vec<Waiting>, QueryError> {
    let client = pool.get().await?;
    let statement = include_str!("sql/waiting.sql");
    let statement = client.prepare_cached(statement).await?;
    let rows = client
        .query(&statement, &[&authority.as_str(), &team.as_str(), &limit])
        .await?;
    let waiting = |row: &tokio_postgres::Row| {
        Ok(Waiting {
            row: read(row.get(0))?,
            spells: read(row.get(1))?,
        })
    };
    rows.iter().map(waiting).collect()
}

fn read<T: DeserializeOwned>(value: Value) -> Result<T, QueryError> {
    serde_json::from_value(value).map_err(|error| {
        tracing::error!(%error, "a row of what waits cannot be read");
        QueryError::Unavailable
    })
}
