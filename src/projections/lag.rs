//! How far the read tables are: an exact count, since positions have no gaps.

use super::parked::parked_counts;
use super::{NAMES, QueryError, ReadPool};
use crate::log::Position;
use std::collections::HashMap;
use std::time::Duration;
use tokio::time::Instant;

const LOOK_EVERY: Duration = Duration::from_millis(10);

#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, utoipa::ToSchema)]
pub struct Lag {
    pub projection: String,
    pub position: i64,
    pub behind: i64,
    /// Streams that it cannot follow.
    pub parked: i64,
}

/// A read table has not come so far in time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Behind {
    pub as_of: Position,
}

/// Of every projection.
///
/// # Errors
/// When Postgres is out of reach.
pub async fn lags(pool: &ReadPool, head: Position) -> Result<Vec<Lag>, QueryError> {
    let positions = positions(pool).await?;
    let counts = parked_counts(pool).await?;
    let gauge = |value: i64| f64::from(i32::try_from(value).unwrap_or(i32::MAX));
    Ok(NAMES
        .iter()
        .map(|name| {
            let position = positions.get(*name).copied().unwrap_or(0);
            let behind = (head.0 - position).max(0);
            let parked = counts.get(*name).copied().unwrap_or(0);
            metrics::gauge!("rfa_projection_behind", "projection" => *name).set(gauge(behind));
            metrics::gauge!("rfa_projection_parked", "projection" => *name).set(gauge(parked));
            Lag {
                projection: (*name).to_owned(),
                position,
                behind,
                parked,
            }
        })
        .collect())
}

/// Waits until the projection has come to `min`.
///
/// # Errors
/// How far it is, when the time is up or Postgres is out of reach.
pub async fn wait_for(
    pool: &ReadPool,
    name: &str,
    min: Position,
    limit_ms: u64,
) -> Result<Position, Behind> {
    let deadline = Instant::now() + Duration::from_millis(limit_ms);
    loop {
        let reached = positions(pool)
            .await
            .ok()
            .and_then(|p| p.get(name).copied());
        let reached = Position(reached.unwrap_or(0));
        if reached >= min {
            return Ok(reached);
        }
        if Instant::now() >= deadline {
            return Err(Behind { as_of: reached });
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

async fn positions(pool: &ReadPool) -> Result<HashMap<String, i64>, QueryError> {
    let client = pool.get().await?;
    let rows = client.query(include_str!("sql/positions.sql"), &[]).await?;
    Ok(rows.iter().map(|row| (row.get(0), row.get(1))).collect())
}
