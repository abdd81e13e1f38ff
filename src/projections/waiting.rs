//! What a team holds, each request with the runs of its clocks that are open.

use super::{QueryError, ReadPool};
use crate::domain::ids::{Authority, TeamId};
use crate::domain::time::clock::{Lease, Spell};
use jiff::Timestamp;
use jiff::civil::Date;
use tokio_postgres::Row;
use tokio_postgres::types::Json;
use uuid::Uuid;

/// What a line of a queue tells. Column by column: five hundred rows as JSON take twice the time.
pub struct Waiting {
    pub request_id: Uuid,
    pub reference: String,
    pub workflow: String,
    pub workflow_version: i32,
    pub state: String,
    pub held_by: String,
    pub claimed_by: Option<String>,
    pub lease: Option<Lease>,
    pub worker: Option<String>,
    pub concern_open: bool,
    /// Concerns that nobody has answered.
    pub unanswered: i32,
    pub urgency: Option<String>,
    pub received_at: Timestamp,
    /// When help started: the child waits no longer.
    pub helped_at: Option<Timestamp>,
    /// The day on which help is expected, as the team said.
    pub expected_on: Option<Date>,
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
    let waiting = |row| {
        read(row).map_err(|error| {
            tracing::error!(%error, "a row of what waits cannot be read");
            QueryError::Unavailable
        })
    };
    rows.iter().map(waiting).collect()
}

fn read(row: &Row) -> Result<Waiting, tokio_postgres::Error> {
    let lease: Option<Json<Lease>> = row.try_get("lease")?;
    let spells: Vec<Json<Spell>> = row.try_get("spells")?;
    Ok(Waiting {
        request_id: row.try_get("request_id")?,
        reference: row.try_get("reference")?,
        workflow: row.try_get("workflow")?,
        workflow_version: row.try_get("workflow_version")?,
        state: row.try_get("state")?,
        held_by: row.try_get("held_by")?,
        claimed_by: row.try_get("claimed_by")?,
        lease: lease.map(|Json(lease)| lease),
        worker: row.try_get("worker")?,
        concern_open: row.try_get("concern_open")?,
        unanswered: row.try_get("unanswered")?,
        urgency: row.try_get("urgency")?,
        received_at: row.try_get("received_at")?,
        helped_at: row.try_get("helped_at")?,
        expected_on: row.try_get("expected_on")?,
        spells: spells.into_iter().map(|Json(spell)| spell).collect(),
    })
}
