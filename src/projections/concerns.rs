//! Child protection concerns without a final result, asked of the list of requests.

use super::{QueryError, ReadPool};
use crate::domain::ids::Authority;
use crate::domain::request::concern::Concern;
use jiff::Timestamp;
use std::collections::BTreeSet;
use tokio_postgres::types::Json;
use uuid::Uuid;

/// More than this many at once is an emergency of another kind.
const LIMIT: i64 = 1_000;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenConcern {
    pub request_id: Uuid,
    pub reference: String,
    pub workflow: String,
    pub team: String,
    pub version: i32,
    pub concern: Concern,
}

/// How many wait in one authority, and since when the first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unanswered {
    pub authority: String,
    pub count: i64,
    pub oldest_at: Timestamp,
}

/// Those that nobody has answered first, then those that nobody has taken over; the longest wait first.
///
/// # Errors
/// When the read tables are out of reach.
pub async fn query(pool: &ReadPool, authority: &Authority) -> Result<Vec<OpenConcern>, QueryError> {
    let client = pool.get().await?;
    let statement = client
        .prepare_cached(include_str!("sql/open_concerns.sql"))
        .await?;
    let rows = client
        .query(&statement, &[&authority.as_str(), &LIMIT])
        .await?;
    let mut found: Vec<OpenConcern> = Vec::new();
    for row in &rows {
        let Json(concerns): Json<Vec<Concern>> = row.get(5);
        let open = concerns.into_iter().filter(|concern| concern.open);
        found.extend(open.map(|concern| OpenConcern {
            request_id: row.get(0),
            reference: row.get(1),
            workflow: row.get(2),
            team: row.get(3),
            version: row.get(4),
            concern,
        }));
    }
    found.sort_by_key(|one| {
        let concern = &one.concern;
        let held = concern.held_by.is_some();
        (!concern.is_unanswered(), held, concern.passed_on_at)
    });
    Ok(found)
}

/// Of every authority that has any.
///
/// # Errors
/// When the read tables are out of reach.
pub async fn unanswered(pool: &ReadPool) -> Result<Vec<Unanswered>, QueryError> {
    let client = pool.get().await?;
    let rows = client
        .query(include_str!("sql/open_concern_count.sql"), &[])
        .await?;
    Ok(rows
        .iter()
        .map(|row| Unanswered {
            authority: row.get(0),
            count: row.get(1),
            oldest_at: row.get(2),
        })
        .collect())
}

/// Anything above zero is an alarm; an authority that was shown once goes back to zero.
#[derive(Debug, Default)]
pub struct Gauges {
    authorities: BTreeSet<String>,
}

impl Gauges {
    pub fn show(&mut self, unanswered: &[Unanswered]) {
        let new = unanswered.iter().map(|one| one.authority.clone());
        self.authorities.extend(new);
        for authority in &self.authorities {
            let found = unanswered.iter().find(|one| one.authority == *authority);
            let count = found.map_or(0, |one| one.count);
            metrics::gauge!("rfa_concerns_unanswered", "authority" => authority.clone())
                .set(f64::from(i32::try_from(count).unwrap_or(i32::MAX)));
            let oldest = found.map_or(0.0, |one| one.oldest_at.as_duration().as_secs_f64());
            metrics::gauge!("rfa_concern_oldest_timestamp_seconds", "authority" => authority.clone())
                .set(oldest);
        }
    }
}
