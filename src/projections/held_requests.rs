//! Every open request with what its owner stands on, as it is or as it was known at a position.

use super::known::Past;
use super::request_list::{RequestList, RequestRow};
use super::team_caseloads::known::later;
use super::{QueryError, ReadPool};
use crate::log::{Log, Position};
use jiff::Timestamp;
use tokio_postgres::Row;
use uuid::Uuid;

/// Ids and codes only.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeldRow {
    pub request_id: Uuid,
    pub reference: String,
    pub workflow: String,
    pub workflow_version: i32,
    pub state: String,
    pub restricted: bool,
    pub team: String,
    pub worker: Option<String>,
    pub claimed_by: Option<String>,
    pub lapses: i32,
    pub received_at: Timestamp,
    pub state_since: Timestamp,
}

/// Longest wait first.
///
/// # Errors
/// When the read tables are out of reach.
pub async fn held(pool: &ReadPool, authority: &str) -> Result<Vec<HeldRow>, QueryError> {
    standing(pool, authority, Position(i64::MAX)).await
}

/// Requests that nothing happened to since stand as they stood then, the others are folded again. The
/// list of requests must have come to the position.
///
/// # Errors
/// When the log or the read tables are out of reach.
pub async fn held_then(
    pool: &ReadPool,
    log: &Log,
    (authority, past): (&str, &Past),
) -> Result<Vec<HeldRow>, QueryError> {
    let mut rows = standing(pool, authority, past.position).await?;
    // Asked second: what changes in between stands in both, and is folded.
    let later = later(pool, authority, past.position).await?;
    let later: Vec<Uuid> = later.into_keys().collect();
    rows.retain(|row| later.binary_search(&row.request_id).is_err());
    let again = past.rows::<RequestList>(log, &later).await?;
    rows.extend(
        again
            .into_iter()
            .filter(|row| !row.ended)
            .map(HeldRow::from),
    );
    rows.sort_by_key(|row| (row.received_at, row.request_id));
    Ok(rows)
}

async fn standing(
    pool: &ReadPool,
    authority: &str,
    position: Position,
) -> Result<Vec<HeldRow>, QueryError> {
    let client = pool.get().await?;
    let statement = include_str!("sql/held_requests.sql");
    let statement = client.prepare_cached(statement).await?;
    let rows = client.query(&statement, &[&authority, &position.0]).await?;
    let rows: Result<Vec<HeldRow>, _> = rows.iter().map(read).collect();
    Ok(rows?)
}

fn read(row: &Row) -> Result<HeldRow, tokio_postgres::Error> {
    Ok(HeldRow {
        request_id: row.try_get("request_id")?,
        reference: row.try_get("reference")?,
        workflow: row.try_get("workflow")?,
        workflow_version: row.try_get("workflow_version")?,
        state: row.try_get("state")?,
        restricted: row.try_get("restricted")?,
        team: row.try_get("team")?,
        worker: row.try_get("worker")?,
        claimed_by: row.try_get("claimed_by")?,
        lapses: row.try_get("lapses")?,
        received_at: row.try_get("received_at")?,
        state_since: row.try_get("state_since")?,
    })
}

impl From<RequestRow> for HeldRow {
    fn from(row: RequestRow) -> Self {
        Self {
            request_id: row.request_id,
            reference: row.reference,
            workflow: row.workflow,
            workflow_version: row.workflow_version,
            state: row.state,
            restricted: row.restricted,
            team: row.team,
            worker: row.worker,
            claimed_by: row.claimed_by,
            lapses: row.lapses,
            received_at: row.received_at,
            state_since: row.state_since,
        }
    }
}
